// Where a descent stands: point, value, gradient, how many steps, and whether it may stop; what all methods share.
//
// How far the minimum is, is told by the gradient over the curvature, which the last step has shown or the method knows; it
// is compared with the size of each unknown. So neither the units of x and f nor a constant in f matter.
#pragma once

#include <limits>
#include <vector>

#include "mmlcore/optimize/descent.hpp"

namespace mmlcore::optimize {

inline constexpr double kEps = std::numeric_limits<double>::epsilon(), kNone = std::numeric_limits<double>::infinity();
inline constexpr double kFar = 1e150;  // where unknowns have run away

double length(const std::vector<double>& x);
bool finite(const double* x, index_t n);

// `trial` is the point that is to be looked at.
class Standing {
 public:
  Standing(index_t n, const DescentOptions& options);

  bool running() const { return running_; }
  const std::vector<double>& trial() const { return trial_; }
  const std::vector<double>& x() const { return x_; }
  const std::vector<double>& gradient() const { return g_; }
  double value() const { return f_; }
  index_t iterations() const { return iterations_; }
  DescentEnd end() const { return end_; }
  bool moved() const { return moved_; }  // whether the last `told` took a step
  void stop() { running_ = false; }

 protected:
  void set_out(const double* start);
  bool arrive(double value, const double* gradient);  // at the start; false where nothing can begin
  void keep_tried(const double* gradient);            // of the trial
  bool goes_on();
  void finish(DescentEnd end) { end_ = end, running_ = false; }
  void no_way_down();
  bool unseen(double decrease) const;
  bool blocked(index_t i) const;  // on a bound that it wants to pass
  double size(index_t i) const;
  double low(index_t i) const;
  double high(index_t i) const;
  void remember_left(const double* step, const double* change);

  const index_t n_;
  const DescentOptions o_;
  std::vector<double> x_, g_, trial_, tried_, start_, left_;
  double f_ = 0, first_ = 0;
  index_t iterations_ = 0;
  bool running_ = false, begun_ = false, exact_ = false, moved_ = false, has_tried_ = false;
  DescentEnd end_ = DescentEnd::MaxIterations;

 private:
  bool arrived() const;
  bool flat(double tol) const;
};

}  // namespace mmlcore::optimize
