#include "mmlcore/vectors/inner.hpp"

#include <algorithm>
#include <utility>

#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/matrices/matrix_vector.hpp"
#include "mmlcore/vectors/lane_measures.hpp"
#include "mmlcore/vectors/straight_rows.hpp"

namespace mmlcore {
namespace {

// Every second of 2 W numbers, or W that lie side by side. Reads p[0] to p[2 W - 1] for the former.
template <class T, int Stride>
[[gnu::always_inline]] inline typename Simd<T>::Vec load_every(const T* p) {
  using S = Simd<T>;
  if constexpr (Stride == 1) return S::load(p);
  const auto low = S::load(p), high = S::load(p + S::width);
  return [&]<int... E>(std::integer_sequence<int, E...>) {
#if defined(__clang__) || __GNUC__ >= 12
    return __builtin_shufflevector(low, high, 2 * E...);
#else
    return __builtin_shuffle(low, high, typename S::Mask{2 * E...});
#endif
  }
  (std::make_integer_sequence<int, S::width>{});
}

// Strides of 1 and 2: the usual gaps (one of two channels, real parts) without an instruction for each number.
template <class T, int X, int Y>
T dot_of_seconds(const T* x, const T* y, index_t n) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  typename S::Vec one{}, two{};
  index_t j = 0;
  for (; j + 2 * W < n; j += 2 * W) {  // what is read ends with the last number
    one += load_every<T, X>(x + j * X) * load_every<T, Y>(y + j * Y);
    two += load_every<T, X>(x + (j + W) * X) * load_every<T, Y>(y + (j + W) * Y);
  }
  T sum = S::sum(one + two);
  for (; j < n; ++j) sum += x[j * X] * y[j * Y];
  return sum;
}

// Vectors with gaps, or reversed: products where they lie, in chains as a vector would have them. A copy of each piece took
// twice as long.
template <class T>
T strided_dot(const T* x, index_t sx, const T* y, index_t sy, index_t n) {
  constexpr index_t chains = 8;
  return sum_by_blocks<T>(n, [=](index_t first, index_t size) {
    T sums[chains] = {};
    const T *a = x + first * sx, *b = y + first * sy;
    if (sx == 2 && sy == 2) return dot_of_seconds<T, 2, 2>(a, b, size);
    if (sx == 2 && sy == 1) return dot_of_seconds<T, 2, 1>(a, b, size);
    if (sx == 1 && sy == 2) return dot_of_seconds<T, 1, 2>(a, b, size);
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
    // Every second number is taken from where it lies.
    StraightRows<T> left(x, x.item.col_stride != 2 && worth_straightening(x));
    StraightRows<T> right(y, y.item.col_stride != 2 && worth_straightening(y));
    const auto by_itself = [&](index_t i) {
      const VectorView<const T> a = left[i], b = right[i];
      const bool rows = (a.stride == 1 && b.stride == 1) || d <= 1;
      out[i] = rows ? dot(a.data, b.data, d) : strided_dot(a.data, a.stride, b.data, b.stride, d);
      return true;
    };
    if (suits_lanes(x, y, &x == &y ? kGappedVector : kGappedProduct<T>)) {
      measure_lanes<T, InnerLanes>(x, y, begin, end, out, by_itself);
      return;
    }
    for (index_t i = begin; i < end; ++i) by_itself(i);
  });
}

template void inner_products<float>(const MatrixBatch<const float>&, const MatrixBatch<const float>&, float*);
template void inner_products<double>(const MatrixBatch<const double>&, const MatrixBatch<const double>&, double*);

}  // namespace mmlcore
