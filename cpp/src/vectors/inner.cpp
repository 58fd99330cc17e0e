#include "mmlcore/vectors/inner.hpp"

#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/parallel.hpp"

namespace mmlcore {
template <class T>
void inner_products(const MatrixBatch<const T>& x, const MatrixBatch<const T>& y, T* out) {
  const index_t d = x.item.cols, sx = x.item.col_stride, sy = y.item.col_stride;
  const bool rows = (sx == 1 && sy == 1) || d <= 1;
  parallel_ranges(x.count(), (index_t{1} << 15) / (d + 8) + 1, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) {
      const T *a = x.item.data + x.batch.offset(i), *b = y.item.data + y.batch.offset(i);
      if (rows) {
        out[i] = dot(a, b, d);
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
