// Where to go from a gradient: the three ways to know the curvature.
#pragma once

#include <vector>

#include "mmlcore/core/dot.hpp"
#include "mmlcore/optimize/descent.hpp"

namespace mmlcore::optimize {

// An inner product; of few numbers in place, where a call would take longer (a quarter of a minimization of two unknowns).
inline double product_of(const double* x, const double* y, index_t n) {
  if (n >= 24) return dot(x, y, n);
  double sum = 0;
  for (index_t i = 0; i < n; ++i) sum += x[i] * y[i];
  return sum;
}

class Directions {
 public:
  Directions(index_t n, Method method);

  void forget();
  bool knows() const { return known_; }  // whether there is more than the gradient
  // d = -H^-1 g of the unknowns that are not held.
  void along(const double* g, const std::vector<char>& held, double* d);
  // A step and how it changed the gradient.
  void learn(const double* step, const double* change);

  // Newton: takes the Hessian; then `along` uses it. False where it is not finite.
  bool take(const double* hessian, const std::vector<char>& held);
  bool definite() const { return definite_; }
  // The direction of the most negative curvature, and that curvature along it; 0 where there is none to speak of.
  double downward(double* d) const;
  // How far a full Newton step goes in each unknown; false where there is no minimum to go to.
  bool left(const double* g, double* far);

 private:
  void two_loops(const double* g, double* d);

  static constexpr index_t kPairs = 10;

  const index_t n_;
  const Method method_;
  bool known_ = false, definite_ = false;
  std::vector<double> inverse_, work_;            // BFGS
  std::vector<double> pairs_, curvature_, part_;  // L-BFGS: s and y, one behind the other
  index_t used_ = 0, next_ = 0;
  double scale_ = 1;
  bool factored_ = false;                                 // Newton: whether the Hessian has a factor
  std::vector<double> units_, part_of_hessian_, factor_;  // of the free unknowns: L, in columns
  std::vector<double> values_, vectors_, aim_;            // else eigenvalues and eigenvectors, in columns
  std::vector<index_t> free_;
};

}  // namespace mmlcore::optimize
