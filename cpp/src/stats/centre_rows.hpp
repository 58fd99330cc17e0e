// Rows minus their own means: how the points of wide data, read feature by feature, are centred.
#pragma once

#include "mmlcore/core/copy.hpp"

namespace mmlcore {

// Subtracts the mean of `n` numbers from each and returns it. The second round removes what rounding left of the first, so
// numbers far from zero keep the digits they have. NaN or infinity among them makes the result NaN.
template <class T>
double centre(T* x, index_t n) {
  using V = Simd<T>;
  constexpr index_t W = V::width;
  double mean = 0;
  for (int round = 0; round < 2; ++round) {
    typename V::Vec sums{};
    index_t i = 0;
    for (; i + W <= n; i += W) sums += V::load(x + i);
    double total = 0;
    for (index_t c = 0; c < W; ++c) total += sums[c];
    for (; i < n; ++i) total += x[i];
    const T part = static_cast<T>(total / static_cast<double>(n));
    mean += part;
    const auto parts = V::splat(part);
    for (i = 0; i + W <= n; i += W) V::store(x + i, V::load(x + i) - parts);
    for (; i < n; ++i) x[i] -= part;
  }
  return mean;
}

// out = rows of x, each minus its mean; out's rows are contiguous.
template <class T>
void centre_rows(MatrixView<const T> x, MatrixView<T> out, double* means) {
  copy<T>(x, out);
  for (index_t i = 0; i < x.rows; ++i) {
    const double mean = centre(&out(i, 0), x.cols);
    if (means) means[i] = mean;
  }
}

}  // namespace mmlcore
