// Rows minus their own means: how the points of wide data, read feature by feature, are centred.
#pragma once

#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/simd.hpp"
#include "provisional_mean.hpp"

namespace mmlcore {

// A mean and what rounding took from it.
struct TwoPartMean {
  double mean = 0, low = 0;
};

// Subtracts the mean of `n` numbers from each and returns it. The second round removes what rounding left of the first, so
// numbers far from zero keep the digits they have. NaN or infinity among them makes the result NaN.
template <class T>
TwoPartMean centre(T* x, index_t n) {
  using V = Simd<T>;
  constexpr index_t W = V::width;
  TwoPartMean found;
  for (int round = 0; round < 2; ++round) {
    typename V::Vec sums{};
    index_t i = 0;
    for (; i + W <= n; i += W) sums += V::load(x + i);
    double total = 0;
    for (index_t c = 0; c < W; ++c) total += sums[c];
    for (; i < n; ++i) total += x[i];
    const T part = static_cast<T>(total / static_cast<double>(n));
    set_mean(found.mean, part, found.mean, found.low);
    const auto parts = V::splat(part);
    for (i = 0; i + W <= n; i += W) V::store(x + i, V::load(x + i) - parts);
    for (; i < n; ++i) x[i] -= part;
  }
  return found;
}

// out = rows of x, each minus its mean; out's rows are contiguous. The means, if they are wanted, and what rounding took.
template <class T>
void centre_rows(MatrixView<const T> x, MatrixView<T> out, double* means, double* lows) {
  copy<T>(x, out);
  for (index_t i = 0; i < x.rows; ++i) {
    const TwoPartMean found = centre(out.row(i).data, x.cols);
    if (!means) continue;
    means[i] = found.mean;
    lows[i] = found.low;
  }
}

}  // namespace mmlcore
