// The normal form of a linear least squares problem min |J d + r|^2: the triangle R of the QR decomposition of (J, r).
//
// Its first p columns are R with R^T R = J^T J, its last column holds q = Q^T r, and the corner what no step can take away:
//
//   |J d + r|^2 = |R d + q|^2 + corner^2.
//
// All that a fit needs to know of a million points is in these (p + 1)(p + 2) / 2 numbers. Rows are absorbed a block at a
// time, by Householder reflections of the stack (R above, new rows below): reflection j mixes row j of R with the block
// alone, since the rows between are zero there. The error is that of one QR decomposition of everything, however many
// blocks.
//
// The faster way goes by the Gram matrix of (J, r), whose Cholesky factor is the same triangle with errors that grow with
// the square of the condition: `from_gram` says no when a pivot, of columns scaled to length one, falls below `kSafePivot`,
// and the rows are absorbed instead.
//
// Of many parameters the Gram matrix stays: the triangle with a damped diagonal, or of some columns, is then a factorization
// of sums as well, whose row i begins where that of the sums does (the envelope). A chain of 1000 parameters with three
// residuals each takes 20 ms a step so, most of it for the p^2 numbers of the sums; reflections, as for few parameters, took
// a second. SciPy's sparse solver takes 7, without a covariance; a matrix of the few sums alone would be the next step.
//
// Source: A. Bjorck, "Numerical methods for least squares problems" (1996), 2.4 and 6.4 (updating a QR decomposition).
#pragma once

#include <vector>

#include "mmlcore/core/careful_length.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore::optimize {

inline constexpr double kSafePivot = 1e-7;
inline constexpr index_t kManyParameters = 64;

class RFactor {
 public:
  explicit RFactor(index_t parameters) : n_(parameters + 1), a_(n_ * n_, 0.0) {}

  index_t parameters() const { return n_ - 1; }
  double& operator()(index_t i, index_t j) { return a_[j * n_ + i]; }
  double operator()(index_t i, index_t j) const { return a_[j * n_ + i]; }
  double q(index_t i) const { return (*this)(i, n_ - 1); }
  double corner() const { return (*this)(n_ - 1, n_ - 1); }
  void clear() {
    a_.assign(a_.size(), 0.0);
    gram_.clear();
  }

  // Rows as columns of length `count`: columns[j], j = 0 ... p, the last one r. They are destroyed.
  void absorb(double* const* columns, index_t count);
  void absorb(const RFactor& other);

  // From sums of products of the columns (symmetric, all of it given). False where digits would be lost.
  bool from_gram(std::vector<double> gram);

  // Those sums, of many parameters; empty where the triangle came from rows.
  const std::vector<double>& gram() const { return gram_; }

  // Length of column j of J.
  double length(index_t j) const;
  // R d + q.
  std::vector<double> residual(const std::vector<double>& d) const;
  // J^T r.
  std::vector<double> gradient() const;
  // The triangle of some of the columns of J.
  RFactor of(const std::vector<index_t>& columns) const;
  // (R^T R)^-1; false if R is singular to working precision. Columns count as dependent below `least`, in units of their
  // length.
  bool inverse(std::vector<double>& covariance, double least) const;

 private:
  VectorView<const double> column(index_t j, index_t size) const { return {a_.data() + j * n_, size, 1}; }

  bool from_envelope();

  index_t n_;
  std::vector<double> a_, gram_;
};

inline double length_of(const std::vector<double>& x) { return safe_length(x.data(), static_cast<index_t>(x.size())); }

// d that minimizes |R d + q|^2 + par |D d|^2, par >= 0. False if the system is singular.
bool damped_step(const RFactor& r, const std::vector<double>& scale, double par, std::vector<double>& d);

// The Levenberg-Marquardt step inside the ellipsoid |D d| <= delta, to within a tenth, starting from `par`, which becomes
// the parameter that was used (J. J. More, 1978).
std::vector<double> trust_region_step(const RFactor& r, const std::vector<double>& scale, double delta, double& par);

}  // namespace mmlcore::optimize
