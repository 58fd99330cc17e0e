#include "mmlcore/matrices/matrix_vector.hpp"

#include <algorithm>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/lane_sums.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/part_of_vector.hpp"
#include "mmlcore/core/short_items.hpp"
#include "mmlcore/core/simd.hpp"

namespace mmlcore {
namespace {

constexpr index_t kVectorBlock = 2048;          // numbers of x, or of y, that stay in the first-level cache
constexpr index_t kShare = index_t{1} << 16;    // elements of A for which another thread pays
constexpr index_t kFewRows = 2 * kVectorBlock;  // up to which columns that are contiguous are shared out whole
constexpr index_t kByNumbers = 64;              // columns with gaps up to which a copy of a row does not pay
constexpr index_t kRanges = 16;                 // among so many at most

// R rows times a contiguous x; the last row stands in for those that are missing, unless all are there.
template <int R, bool All, class T>
[[gnu::always_inline]] inline typename Simd<T>::Vec group_of_rows(const T* a, index_t stride, index_t rows, const T* x,
                                                                  index_t n) {
  using S = Simd<T>;
  constexpr int W = S::width;
  typename S::Vec sum[R] = {};
  const T* row[R];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) row[r] = a + (All ? r : std::min<index_t>(r, rows - 1)) * stride;
  index_t j = 0;
  for (; j + W <= n; j += W) {
    const typename S::Vec here = S::load(x + j);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) sum[r] += S::load(row[r] + j) * here;
  }
  if (j < n) {
    const PartOfVector<T> part(n - j);
    const typename S::Vec here = part.load(x + j);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) sum[r] += part.load(row[r] + j) * here;
  }
  return sums_of_lanes<T, R>(sum);
}

// Rows of S numbers without gaps: as vectors over rows. Returns how many rows are done.
template <int S, class T>
index_t short_rows(const MatrixView<const T>& a, const T* x, T* y) {
  using V = Simd<T>;
  constexpr index_t W = V::width;
  index_t i = 0;
  for (; i + W <= a.rows; i += W) {
    typename V::Vec column[S];
    load_short<T, S>(a.data + i * S, column);
    typename V::Vec sum = column[0] * V::splat(x[0]);
    for (int k = 1; k < S; ++k) sum += column[k] * V::splat(x[k]);
    V::store(y + i, sum);
  }
  return i;
}

// Rows of a few numbers, many of them: 13,860 x 3 of float32 take 30 us number by number, and 6 so.
template <class T>
index_t narrow_rows(const MatrixView<const T>& a, const T* x, T* y) {
  index_t done = 0;
  if (a.row_stride == a.cols) as_woven<T>(a.cols, [&](auto size) { done = short_rows<decltype(size)::value>(a, x, y); });
  return done;
}

// Up to R rows, at least one; All: R.
template <int R, bool All, class T>
[[gnu::always_inline]] inline void some_sums(const T* a, index_t stride, index_t rows, const T* x, index_t n, T* y) {
  using S = Simd<T>;
  constexpr int W = S::width;
  typename S::Vec sums;
  if (n <= kVectorBlock) {
    sums = group_of_rows<R, All>(a, stride, rows, x, n);
  } else {
    double total[W] = {};
    for (index_t j = 0; j < n; j += kVectorBlock) {
      const typename S::Vec part = group_of_rows<R, All>(a + j, stride, rows, x + j, std::min(kVectorBlock, n - j));
      for (index_t l = 0; l < R; ++l) total[l] += part[l];
    }
    for (index_t l = 0; l < R; ++l) sums[l] = static_cast<T>(total[l]);
  }
  if constexpr (All) return S::store(y, sums);
  PartOfVector<T>(rows).store(y, sums);
}

// Fewer rows than a vector has lanes, in a group of R: half of it, a quarter, ... where that holds them.
template <int R, class T>
void last_rows(const T* a, index_t stride, index_t rows, const T* x, index_t n, T* y) {
  if constexpr (R > 1) {
    if (2 * rows <= R) return last_rows<R / 2>(a, stride, rows, x, n, y);
  }
  some_sums<R, false>(a, stride, rows, x, n, y);
}

// Rows that are contiguous.
template <class T>
void by_rows(const MatrixView<const T>& a, const T* x, T* y) {
  constexpr index_t W = Simd<T>::width;
  index_t i = narrow_rows<T>(a, x, y);
  for (; i + W <= a.rows; i += W) some_sums<W, true>(a.data + i * a.row_stride, a.row_stride, W, x, a.cols, y + i);
  if (i < a.rows) last_rows<W>(a.data + i * a.row_stride, a.row_stride, a.rows - i, x, a.cols, y + i);
}

// y += the columns a_j x_j, K of them.
template <int K, class T>
[[gnu::always_inline]] inline void add_columns(const T* a, index_t stride, const T* x, index_t m, T* y) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  typename S::Vec factor[K];
#pragma GCC unroll 8
  for (int k = 0; k < K; ++k) factor[k] = S::splat(x[k]);
  index_t i = 0;
  for (; i + W <= m; i += W) {
    typename S::Vec even = S::load(y + i), odd{};
#pragma GCC unroll 8
    for (int k = 0; k < K; ++k) (k % 2 ? odd : even) += S::load(a + k * stride + i) * factor[k];
    S::store(y + i, even + odd);
  }
  if (i < m) {
    const PartOfVector<T> part(m - i);
    typename S::Vec even = part.load(y + i), odd{};
#pragma GCC unroll 8
    for (int k = 0; k < K; ++k) (k % 2 ? odd : even) += part.load(a + k * stride + i) * factor[k];
    part.store(y + i, even + odd);
  }
}

// Few rows, V vectors at most, the last of which may be part of one: their sums stay in registers. Two sums take turns, so
// that a column need not wait for the one before it.
template <int V, class T>
void sums_of_few_rows(const MatrixView<const T>& a, const T* x, T* y) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  const PartOfVector<T> part(a.rows - (V - 1) * W);
  typename S::Vec even[V] = {}, odd[V] = {};
  const auto add = [&](typename S::Vec(&sum)[V], index_t j) __attribute__((always_inline)) {
    const T* const column = a.data + j * a.col_stride;
    const typename S::Vec factor = S::splat(x[j]);
#pragma GCC unroll 8
    for (int v = 0; v + 1 < V; ++v) sum[v] += S::load(column + v * W) * factor;
    sum[V - 1] += part.load(column + (V - 1) * W) * factor;
  };
  index_t j = 0;
  for (; j + 2 <= a.cols; j += 2) {
    add(even, j);
    add(odd, j + 1);
  }
  if (j < a.cols) add(even, j);
  for (int v = 0; v + 1 < V; ++v) S::store(y + v * W, even[v] + odd[v]);
  const typename S::Vec last = even[V - 1] + odd[V - 1];
  if (a.rows == V * W) return S::store(y + (V - 1) * W, last);  // a part is never all
  part.store(y + (V - 1) * W, last);
}

// Columns of S numbers without gaps: W of them at a time, number by number of each.
template <int S, class T>
void sums_of_short_columns(const MatrixView<const T>& a, const T* x, T* y) {
  using V = Simd<T>;
  constexpr index_t W = V::width;
  typename V::Vec sum[S] = {};
  index_t j = 0;
  for (; j + W <= a.cols; j += W) {
    typename V::Vec rows[S];
    load_short<T, S>(a.data + j * S, rows);
    const typename V::Vec factors = V::load(x + j);
    for (int s = 0; s < S; ++s) sum[s] += rows[s] * factors;
  }
  for (int s = 0; s < S; ++s) y[s] = V::sum(sum[s]);
  for (; j < a.cols; ++j) {
    for (int s = 0; s < S; ++s) y[s] += a.data[j * S + s] * x[j];
  }
}

// Few rows and columns that are contiguous, as a vector times a narrow matrix is: 434 x 4 of float32 take 1.1 us by passes
// over y. False where there are more rows, or SSE, which has no parts of vectors.
template <class T>
bool few_rows(const MatrixView<const T>& a, const T* x, T* y) {
  constexpr index_t W = Simd<T>::width;
  if (a.rows > 4 * W || a.cols < W) return false;
  if (a.col_stride == a.rows &&
      as_woven<T>(a.rows, [&](auto size) { sums_of_short_columns<decltype(size)::value>(a, x, y); }))
    return true;
  if (!kHasParts) return false;
  if (a.rows <= W) return sums_of_few_rows<1>(a, x, y), true;
  if (a.rows <= 2 * W) return sums_of_few_rows<2>(a, x, y), true;
  if (a.rows <= 3 * W) return sums_of_few_rows<3>(a, x, y), true;
  return sums_of_few_rows<4>(a, x, y), true;
}

// Columns that are contiguous.
template <class T>
void by_columns(MatrixView<const T> a, const T* x, T* y) {
  constexpr int K = 8;
  if (few_rows(a, x, y)) return;
  std::fill(y, y + a.rows, T{0});
  for (index_t i = 0; i < a.rows; i += kVectorBlock) {
    const index_t m = std::min(kVectorBlock, a.rows - i);
    const T* from = a.data + i;
    index_t j = 0;
    for (; j + K <= a.cols; j += K) add_columns<K>(from + j * a.col_stride, a.col_stride, x + j, m, y + i);
    for (; j + 2 <= a.cols; j += 2) add_columns<2>(from + j * a.col_stride, a.col_stride, x + j, m, y + i);
    if (j < a.cols) add_columns<1>(from + j * a.col_stride, a.col_stride, x + j, m, y + i);
  }
}

// Number by number, in four sums: small matrices with gaps.
template <class T>
void by_numbers(const MatrixView<const T>& a, const T* x, T* y) {
  for (index_t i = 0; i < a.rows; ++i) {
    const T* const row = &a(i, 0);
    T sum[4] = {};
    index_t j = 0;
    for (; j + 4 <= a.cols; j += 4) {
      for (index_t l = 0; l < 4; ++l) sum[l] += row[(j + l) * a.col_stride] * x[j + l];
    }
    for (; j < a.cols; ++j) sum[0] += row[j * a.col_stride] * x[j];
    y[i] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  }
}

template <class T>
void by_copies(const MatrixView<const T>& a, const T* x, T* y) {
  if (a.cols <= kByNumbers) return by_numbers(a, x, y);
  Buffer<T> row(a.cols);
  for (index_t i = 0; i < a.rows; ++i) {
    for (index_t j = 0; j < a.cols; ++j) row[j] = a(i, j);
    y[i] = dot(row.data(), x, a.cols);
  }
}

template <class T>
void some_rows(const MatrixView<const T>& a, const T* x, T* y) {
  if (a.col_stride == 1 || a.cols == 1) return by_rows(a, x, y);
  if (a.row_stride == 1 || a.rows == 1) return by_columns(a, x, y);
  by_copies(a, x, y);
}

// Few rows and many columns that are contiguous: ranges of columns, which memory streams as they lie.
template <class T>
void flat(const MatrixView<const T>& a, const T* x, T* y) {
  const index_t ranges = std::min(kRanges, a.rows * a.cols / kShare);
  Buffer<T> parts(ranges * a.rows);
  parallel_tasks(ranges, [&](index_t r) {
    const index_t first = a.cols * r / ranges, last = a.cols * (r + 1) / ranges;
    by_columns(a.block(0, first, a.rows, last - first), x + first, parts.data() + r * a.rows);
  });
  for (index_t i = 0; i < a.rows; ++i) {
    double sum = 0;
    for (index_t r = 0; r < ranges; ++r) sum += parts[r * a.rows + i];
    y[i] = static_cast<T>(sum);
  }
}

}  // namespace

template <Real T>
void matrix_vector(MatrixView<const T> a, VectorView<const T> x, VectorView<T> y) {
  MMLCORE_ASSERT(a.cols == x.size && a.rows == y.size);
  const index_t m = a.rows, n = a.cols;
  if (m == 0) return;
  if (n == 0) {
    for (index_t i = 0; i < m; ++i) y[i] = 0;
    return;
  }
  const bool x_apart = x.stride != 1 && n > 1, y_apart = y.stride != 1 && m > 1;
  Buffer<T> straight(x_apart ? n : 0), made(y_apart ? m : 0);
  for (index_t j = 0; j < straight.size(); ++j) straight[j] = x[j];
  const T* const from = x_apart ? straight.data() : x.data;
  T* const to = y_apart ? made.data() : y.data;
  if (m * n < 2 * kShare) {
    some_rows(a, from, to);
  } else if (m <= kFewRows && n >= 8 * kRanges && a.row_stride == 1 && a.col_stride != 1) {
    flat(a, from, to);
  } else {
    // Ranges that depend on the shape alone: a row may be summed in another order near the end of one.
    const index_t least = std::max<index_t>((kShare + n - 1) / n, a.col_stride == 1 ? 16 : 512),
                  rows = (least + 63) / 64 * 64;
    parallel_tasks((m + rows - 1) / rows, [&](index_t task) {
      const index_t first = task * rows;
      some_rows(a.block(first, 0, std::min(rows, m - first), n), from, to + first);
    });
  }
  for (index_t i = 0; i < made.size(); ++i) y[i] = made[i];
}

template <Real T>
void matrix_vector_items(const MatrixBatch<const T>& a, const MatrixBatch<const T>& x, const MatrixBatch<T>& y,
                         index_t begin, index_t end) {
  const index_t m = a.item.rows, n = a.item.cols;
  const bool plain =
      m > 0 && n > 0 && m * n < 2 * kShare && (x.item.row_stride == 1 || n == 1) && (y.item.row_stride == 1 || m == 1);
  for (index_t i = begin; i < end; ++i) {
    if (plain) {
      some_rows<T>(a[i], x.item.data + x.batch.offset(i), y.item.data + y.batch.offset(i));
    } else {
      matrix_vector<T>(a[i], x[i].col(0), y[i].col(0));
    }
  }
}

template void matrix_vector<float>(MatrixView<const float>, VectorView<const float>, VectorView<float>);
template void matrix_vector<double>(MatrixView<const double>, VectorView<const double>, VectorView<double>);
template void matrix_vector_items<float>(const MatrixBatch<const float>&, const MatrixBatch<const float>&,
                                         const MatrixBatch<float>&, index_t, index_t);
template void matrix_vector_items<double>(const MatrixBatch<const double>&, const MatrixBatch<const double>&,
                                          const MatrixBatch<double>&, index_t, index_t);

}  // namespace mmlcore
