// Plain sums of float32 columns in float64. Private to column_moments.cpp.
//
// 53 digits of a sum of 24-digit numbers leave nothing for a provisional mean to save where the mean alone is wanted, in
// float32: sums without one, in registers, read 8 to 10 numbers a nanosecond where shifted ones in memory read 5 to 8
// (1951 x 27: 9.4 -> 6.2 us; numpy's product with ones, which adds in float32, 5.3). What limits them are conversions: sums
// of pairs in float32 would halve these, and add an error that grows with a far offset. The order depends on the shape
// alone.
#pragma once

#include <algorithm>
#include <array>
#include <utility>

#include "contiguous_moments.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore::float_sums {

using S = Simd<double>;
inline constexpr index_t W = S::width;
inline constexpr int kTogether = 8;              // vectors of sums that are held in registers
inline constexpr index_t kTile = kTogether * W;  // columns
inline constexpr index_t kRows = 128;            // before the next tile: their pages are still known
inline constexpr index_t kWork = index_t{1} << 16, kRanges = 64;

// Adds to `sums` the rows of V vectors of columns that begin at the columns `at`.
template <int V>
[[gnu::always_inline]] inline void add_vectors(const float* x, index_t stride, index_t rows, const index_t* at,
                                               double* sums) {
  constexpr int kChains = V > 4 ? 1 : V > 2 ? 2 : 4;  // additions wait for four cycles
  typename S::Vec sum[kChains * V] = {};
  index_t i = 0;
  for (; i + kChains <= rows; i += kChains) {
#pragma GCC unroll 4
    for (int c = 0; c < kChains; ++c) {
#pragma GCC unroll 8
      for (int v = 0; v < V; ++v) sum[c * V + v] += detail::widened(x + (i + c) * stride + at[v]);
    }
  }
  for (; i < rows; ++i) {
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) sum[v] += detail::widened(x + i * stride + at[v]);
  }
#pragma GCC unroll 8
  for (int v = 0; v < V; ++v) {
    for (int c = 1; c < kChains; ++c) sum[v] += sum[c * V + v];
    S::store(sums + v * W, S::load(sums + v * W) + sum[v]);
  }
}

template <std::size_t... V>
void add_tile(const float* x, index_t stride, index_t rows, int vectors, const index_t* at, double* sums,
              std::index_sequence<V...>) {
  (void)((vectors == static_cast<int>(V) + 1 && (add_vectors<static_cast<int>(V) + 1>(x, stride, rows, at, sums), true)) ||
         ...);
}

// The sums of n >= W columns of rows that lie `stride` apart. The last vector overlaps the one before it.
inline void of_rows(const float* x, index_t stride, index_t m, index_t n, double* to) {
  const index_t vectors = (n + W - 1) / W;
  Buffer<double> sums(vectors * W);
  std::fill(sums.begin(), sums.end(), 0.0);
  for (index_t first = 0; first < m; first += kRows) {
    const index_t rows = std::min(kRows, m - first);
    for (index_t v = 0; v < vectors; v += kTogether) {
      const index_t count = std::min<index_t>(kTogether, vectors - v);
      std::array<index_t, kTogether> at;
      for (index_t e = 0; e < count; ++e) at[e] = std::min((v + e) * W, n - W);
      add_tile(x + first * stride, stride, rows, static_cast<int>(count), at.data(), sums.data() + v * W,
               std::make_index_sequence<kTogether>{});
    }
  }
  std::copy_n(sums.data(), n - n % W, to);
  if (n % W) std::copy_n(sums.data() + (vectors - 1) * W, W, to + n - W);
}

// The same of fewer columns too, without gaps: several rows side by side are one row of a wide matrix.
inline void of_narrow_rows(const float* x, index_t m, index_t n, double* to) {
  const index_t side = kTile / n, wide = side * n, rows = m / side;
  Buffer<double> sums(wide);
  of_rows(x, wide, rows, wide, sums.data());
  for (index_t j = 0; j < n; ++j) {
    double sum = 0;
    for (index_t s = 0; s < side; ++s) sum += sums[s * n + j];
    for (index_t i = rows * side; i < m; ++i) sum += x[i * n + j];
    to[j] = sum;
  }
}

inline double of_column(const float* x, index_t n) {
  typename S::Vec sum[kTogether] = {};
  index_t i = 0;
  for (; i + kTile <= n; i += kTile) {
#pragma GCC unroll 8
    for (int c = 0; c < kTogether; ++c) sum[c] += detail::widened(x + i + c * W);
  }
  for (; i + W <= n; i += W) sum[0] += detail::widened(x + i);
  double rest = 0;
  for (; i < n; ++i) rest += x[i];
  for (int half = kTogether / 2; half > 0; half /= 2) {
    for (int c = 0; c < half; ++c) sum[c] += sum[c + half];
  }
  return detail::sum_of_lanes(sum[0]) + rest;
}

// The means of all columns of many rows; false where others' ways do as well.
inline bool means(const MatrixView<const float>& x, double* mean) {
  const index_t m = x.rows, n = x.cols, ranges = std::clamp<index_t>(m * n / kWork, 1, kRanges);
  const double count = static_cast<double>(m);
  if (n == 0 || m < 4 * kTogether) return false;
  Buffer<double> parts(ranges * n);
  const auto begin = [&](index_t range) { return m * range / ranges; };
  if (x.row_stride == 1) {
    if (m < kTile) return false;
    if (n >= ranges) {
      parallel_ranges(n, kWork / m + 1, [&](index_t first, index_t last) {
        for (index_t j = first; j < last; ++j) mean[j] = of_column(&x(0, j), m) / count;
      });
      return true;
    }
    parallel_tasks(ranges * n, [&](index_t task) {
      const index_t j = task / ranges, range = task % ranges, first = begin(range);
      parts[range * n + j] = of_column(&x(first, j), begin(range + 1) - first);
    });
  } else if (x.col_stride == 1 && (n >= 2 * W || x.row_stride == n)) {
    const bool narrow = 2 * n <= kTile && x.row_stride == n;
    if (narrow && m < 4 * kTile) return false;
    parallel_tasks(ranges, [&](index_t range) {
      const index_t first = begin(range), rows = begin(range + 1) - first;
      double* const to = parts.data() + range * n;
      narrow ? of_narrow_rows(&x(first, 0), rows, n, to) : of_rows(&x(first, 0), x.row_stride, rows, n, to);
    });
  } else {
    return false;
  }
  for (index_t j = 0; j < n; ++j) {
    double sum = parts[j];
    for (index_t range = 1; range < ranges; ++range) sum += parts[range * n + j];
    mean[j] = sum / count;
  }
  return true;
}

}  // namespace mmlcore::float_sums
