#include "mmlcore/matrices/matrix_vector.hpp"

#include <algorithm>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/lane_sums.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/short_items.hpp"
#include "mmlcore/core/simd.hpp"

namespace mmlcore {
namespace {

constexpr index_t kVectorBlock = 2048;          // numbers of x, or of y, that stay in the first-level cache
constexpr index_t kShare = index_t{1} << 16;    // elements of A for which another thread pays
constexpr index_t kFewRows = 2 * kVectorBlock;  // up to which columns that are contiguous are shared out whole
constexpr index_t kRanges = 16;                 // among so many at most

// W rows times a contiguous x of n >= W numbers; the rest of n is covered by a last vector that overlaps, with zeros in both
// factors where it does.
template <class T>
[[gnu::always_inline]] inline typename Simd<T>::Vec group_of_rows(const T* a, index_t stride, const T* x, index_t n) {
  using S = Simd<T>;
  constexpr int W = S::width;
  typename S::Vec sum[W] = {};
  index_t j = 0;
  for (; j + W <= n; j += W) {
    const typename S::Vec here = S::load(x + j);
#pragma GCC unroll 16
    for (int r = 0; r < W; ++r) sum[r] += S::load(a + r * stride + j) * here;
  }
  if (j < n) {
    typename S::Mask fresh;
    for (int l = 0; l < W; ++l) fresh[l] = n - W + l >= j ? -1 : 0;
    const auto masked = [&](const T* p) {
      const typename S::Vec all = S::load(p + n - W);
      return reinterpret_cast<typename S::Vec>(reinterpret_cast<typename S::Mask>(all) & fresh);
    };
    const typename S::Vec here = masked(x);
#pragma GCC unroll 16
    for (int r = 0; r < W; ++r) sum[r] += masked(a + r * stride) * here;
  }
  return sums_of_lanes<T>(sum);
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

// Rows shorter than a vector, W at a time: what a vector reads behind its row is masked out. Returns how many rows are done:
// not the last ones, behind which nothing may be read.
template <class T>
index_t masked_rows(const MatrixView<const T>& a, const T* x, T* y) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  const index_t n = a.cols, end = (a.rows - 1) * a.row_stride + n;  // of what may be read
  typename S::Mask own;
  T padded[W] = {};
  for (index_t l = 0; l < W; ++l) own[l] = l < n ? -1 : 0;
  std::copy_n(x, n, padded);
  const typename S::Vec factors = S::load(padded);
  index_t i = 0;
  for (; i + W <= a.rows && (i + W - 1) * a.row_stride + W <= end; i += W) {
    typename S::Vec sum[W];
#pragma GCC unroll 16
    for (int r = 0; r < W; ++r) {
      const typename S::Vec row = S::load(a.data + (i + r) * a.row_stride);
      sum[r] = reinterpret_cast<typename S::Vec>(reinterpret_cast<typename S::Mask>(row) & own) * factors;
    }
    S::store(y + i, sums_of_lanes<T>(sum));
  }
  return i;
}

// Rows shorter than a vector: 13,860 x 3 of float32 take 30 us number by number, and 6 so.
template <class T>
index_t narrow_rows(const MatrixView<const T>& a, const T* x, T* y) {
  constexpr index_t W = Simd<T>::width;
  const index_t n = a.cols;
  if (a.rows < W || a.row_stride < n) return 0;
  if (a.row_stride == n) {
    if constexpr (W >= 4) {
      if (n == 2) return short_rows<2, T>(a, x, y);
      if (n == 3) return short_rows<3, T>(a, x, y);
    }
    if constexpr (W >= 8) {
      if (n == 4) return short_rows<4, T>(a, x, y);
    }
  }
  return n >= 3 ? masked_rows<T>(a, x, y) : 0;
}

// Rows that are contiguous.
template <class T>
void by_rows(MatrixView<const T> a, const T* x, T* y) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  const index_t m = a.rows, n = a.cols;
  if (m < W || n < W) {
    for (index_t i = n < W ? narrow_rows<T>(a, x, y) : 0; i < m; ++i) {
      const T* row = a.data + i * a.row_stride;
      if (n >= W) {
        y[i] = dot(row, x, n);
        continue;
      }
      T sum = 0;
      for (index_t j = 0; j < n; ++j) sum += row[j] * x[j];
      y[i] = sum;
    }
    return;
  }
  for (index_t i = 0; i < m; i += W) {
    const index_t at = std::min(i, m - W);  // the last group overlaps the one before
    const T* rows = a.data + at * a.row_stride;
    if (n <= kVectorBlock) {
      S::store(y + at, group_of_rows<T>(rows, a.row_stride, x, n));
      continue;
    }
    double total[W] = {};
    for (index_t j = 0; j < n;) {
      const index_t size = n - j < 2 * kVectorBlock ? n - j : kVectorBlock;  // no block is shorter than a vector
      const typename S::Vec part = group_of_rows<T>(rows + j, a.row_stride, x + j, size);
      for (index_t l = 0; l < W; ++l) total[l] += part[l];
      j += size;
    }
    for (index_t l = 0; l < W; ++l) y[at + l] = static_cast<T>(total[l]);
  }
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
  for (; i < m; ++i) {
    T sum = y[i];
    for (int k = 0; k < K; ++k) sum += a[k * stride + i] * x[k];
    y[i] = sum;
  }
}

// Columns that are contiguous.
template <class T>
void by_columns(MatrixView<const T> a, const T* x, T* y) {
  constexpr int K = 8;
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

template <class T>
void by_copies(MatrixView<const T> a, const T* x, T* y) {
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

template void matrix_vector<float>(MatrixView<const float>, VectorView<const float>, VectorView<float>);
template void matrix_vector<double>(MatrixView<const double>, VectorView<const double>, VectorView<double>);

}  // namespace mmlcore
