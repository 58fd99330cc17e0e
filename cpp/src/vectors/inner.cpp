#include "mmlcore/vectors/inner.hpp"

#include <algorithm>

#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/matrices/matrix_vector.hpp"
#include "mmlcore/vectors/lane_measures.hpp"
#include "mmlcore/vectors/straight_rows.hpp"

namespace mmlcore {
namespace {

// Vectors with gaps, or reversed: products where they lie, in chains as a vector would have them. A copy of each piece took
// twice as long.
template <class T>
T strided_dot(const T* x, index_t sx, const T* y, index_t sy, index_t n) {
  constexpr index_t chains = 8;
  return sum_by_blocks<T>(n, [=](index_t first, index_t size) {
    T sums[chains] = {};
    const T *a = x + first * sx, *b = y + first * sy;
    index_t j = 0;
    for (; j + chains <= size; j += chains) {
#pragma GCC unroll 8
      for (index_t c = 0; c < chains; ++c) sums[c] += a[(j + c) * sx] * b[(j + c) * sy];
    }
    for (; j < size; ++j) sums[0] += a[j * sx] * b[j * sy];
    return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
  });
}

}  // namespace

template <class T>
void inner_products(const MatrixBatch<const T>& x, const MatrixBatch<const T>& y, T* out) {
  const index_t d = x.item.cols;
  // One vector with all of a stack is a matrix times a vector.
  const auto one = [](const MatrixBatch<const T>& s) { return s.batch.uniform() && s.batch.stride() == 0; };
  if (x.count() > 1 && d > 0 && one(x) != one(y) && x.batch.uniform() && y.batch.uniform()) {
    const MatrixBatch<const T>&many = one(x) ? y : x, &single = one(x) ? x : y;
    const MatrixView<const T> rows{many.item.data, many.count(), d, many.batch.stride(), many.item.col_stride};
    return matrix_vector<T>(rows, single.item.row(0), VectorView<T>{out, many.count(), 1});
  }
  parallel_ranges(x.count(), (index_t{1} << 15) / (d + 8) + 1, [&](index_t begin, index_t end) {
    StraightRows<T> left(x), right(y);
    const auto by_itself = [&](index_t i) {
      const VectorView<const T> a = left[i], b = right[i];
      const bool rows = (a.stride == 1 && b.stride == 1) || d <= 1;
      out[i] = rows ? dot(a.data, b.data, d) : strided_dot(a.data, a.stride, b.data, b.stride, d);
      return true;
    };
    if (suits_lanes(x, y)) {
      measure_lanes<T, InnerLanes>(x, y, begin, end, out, by_itself);
      return;
    }
    for (index_t i = begin; i < end; ++i) by_itself(i);
  });
}

template void inner_products<float>(const MatrixBatch<const float>&, const MatrixBatch<const float>&, float*);
template void inner_products<double>(const MatrixBatch<const double>&, const MatrixBatch<const double>&, double*);

}  // namespace mmlcore
