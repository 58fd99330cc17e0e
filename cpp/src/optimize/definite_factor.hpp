// L L' of a symmetric matrix, and what is solved by it.
#pragma once

#include <cmath>
#include <vector>

#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/lane_algebra.hpp"
#include "mmlcore/core/views.hpp"
#include "mmlcore/elimination/cholesky_batch.hpp"

namespace mmlcore::optimize {

class DefiniteFactor {
 public:
  // False where it is not positive definite.
  bool compute(const std::vector<double>& a, index_t n) {
    n_ = n;
    l_ = a;
    return cholesky_rows<double>(c_order(l_.data(), n, n), true) < 0;
  }
  double pivot(index_t i) const { return l_[i * n_ + i] * l_[i * n_ + i]; }
  void times(double number) {
    for (double& entry : l_) entry *= std::sqrt(number);
  }
  void solve(double* x) const {
    for (index_t i = 0; i < n_; ++i) x[i] = (x[i] - dot(row(i), x, i)) / row(i)[i];
    for (index_t i = n_ - 1; i >= 0; --i) {
      x[i] /= row(i)[i];
      axpy(-x[i], row(i), x, i);
    }
  }

 private:
  const double* row(index_t i) const { return l_.data() + i * n_; }
  index_t n_ = 0;
  std::vector<double> l_;
};

}  // namespace mmlcore::optimize
