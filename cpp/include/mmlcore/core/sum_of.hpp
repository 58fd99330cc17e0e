// The sum of contiguous numbers. One chain of additions waits four cycles for each: weighted means of 2000 x 200 in Fortran
// order, whose blocks sum their weights, took 490 us.
#pragma once

#include "mmlcore/core/simd.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline double sum_of(const double* x, index_t n) {
  using S = Simd<double>;
  constexpr int chains = 4;
  typename S::Vec sums[chains] = {};
  index_t i = 0;
  for (; i + chains * S::width <= n; i += chains * S::width) {
#pragma GCC unroll 4
    for (int c = 0; c < chains; ++c) sums[c] += S::load(x + i + c * S::width);
  }
  double sum = S::sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
  for (; i < n; ++i) sum += x[i];
  return sum;
}

}  // namespace mmlcore
