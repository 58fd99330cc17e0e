#include "mmlcore/vectors/inner.hpp"

#include <algorithm>

#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"

namespace mmlcore {
namespace {

template <class T>
T contiguous(const T* x, const T* y, index_t d) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  T sum = 0;
  index_t j = 0;
  if (d >= W) {
    typename S::Vec sums[4] = {};
    for (; j + 4 * W <= d; j += 4 * W) {
      for (int u = 0; u < 4; ++u) sums[u] += S::load(x + j + u * W) * S::load(y + j + u * W);
    }
    for (; j + W <= d; j += W) sums[0] += S::load(x + j) * S::load(y + j);
    const typename S::Vec all = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    for (index_t c = 0; c < W; ++c) sum += all[c];
  }
  for (; j < d; ++j) sum += x[j] * y[j];
  return sum;
}

}  // namespace

template <class T>
void inner_products(const MatrixBatch<const T>& x, const MatrixBatch<const T>& y, T* out) {
  const index_t d = x.item.cols, sx = x.item.col_stride, sy = y.item.col_stride;
  const bool rows = (sx == 1 && sy == 1) || d <= 1;
  parallel_ranges(x.count(), (index_t{1} << 15) / (d + 8) + 1, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) {
      const T *a = x.item.data + x.batch.offset(i), *b = y.item.data + y.batch.offset(i);
      if (rows) {
        out[i] = contiguous(a, b, d);
        continue;
      }
      T sums[4] = {};
      for (index_t j = 0; j < d; ++j) sums[j % 4] += a[j * sx] * b[j * sy];
      out[i] = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    }
  });
}

template void inner_products<float>(const MatrixBatch<const float>&, const MatrixBatch<const float>&, float*);
template void inner_products<double>(const MatrixBatch<const double>&, const MatrixBatch<const double>&, double*);

}  // namespace mmlcore
