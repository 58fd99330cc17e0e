// (X - mean) W for a few columns of W and rows of X that are contiguous: sums along the rows, of a group of rows at a time,
// as in matrices/matrix_vector.cpp. Each number of X is loaded once, centred and multiplied in registers: a block of centred
// rows, as centred_product.cpp keeps for more columns, would be written and read again for K multiplications a number
// (25,970 x 66 on one, float32: 430 us, and 130 so).
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/lane_sums.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/part_of_vector.hpp"

namespace mmlcore {

// Whether it is the faster way: with shorter rows vectors run down the columns (narrow_scores.hpp).
template <class T>
bool suits_few_scores(const MatrixView<const T>& x, index_t k) {
  constexpr index_t half = Simd<T>::width / 2;
  if (x.col_stride != 1 || k > std::min<index_t>(4, half)) return false;
  if (x.cols <= Simd<T>::width && x.row_stride == x.cols) return false;
  return k == 1 ? x.cols >= half : x.cols > (k == 2 ? half : k == 3 ? 24 : half + 4);
}

// R rows on K columns, which lie one after the other in `w`; the last row may stand in for those that are missing.
template <int K, int R, class T>
[[gnu::always_inline]] inline typename Simd<T>::Vec scores_of_rows(const T* x, index_t stride, index_t rows, const T* mean,
                                                                   const T* low, const T* w, index_t d) {
  using S = Simd<T>;
  using Vec = typename S::Vec;
  constexpr index_t W = S::width;
  const T* row[R];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) row[r] = x + std::min<index_t>(r, rows - 1) * stride;
  Vec sums[R * K] = {};
  const auto add = [&](index_t j, auto&& load) __attribute__((always_inline)) {
    const Vec centre = load(mean + j);
    Vec rest{}, factor[K];
    if (low) rest = load(low + j);
#pragma GCC unroll 4
    for (int c = 0; c < K; ++c) factor[c] = load(w + c * d + j);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const Vec apart =
          (load(row[r] + j) - centre) - rest;  // one after the other: the first difference is exact near the mean
#pragma GCC unroll 4
      for (int c = 0; c < K; ++c) sums[r * K + c] += apart * factor[c];
    }
  };
  index_t j = 0;
  for (; j + W <= d; j += W) add(j, S::load);
  if (j < d) {
    const PartOfVector<T> part(d - j);
    add(
        j, [&](const T* p) __attribute__((always_inline)) { return part.load(p); });
  }
  return sums_of_lanes<T, R * K>(sums);
}

// False where a result is not finite: an element of X is not, or the sums leave the range.
template <int K, class T>
bool few_scores_on(const MatrixView<const T>& x, const T* mean, const T* low, const T* w, const MatrixView<T>& out) {
  using S = Simd<T>;
  constexpr index_t W = S::width, R = std::max<index_t>(1, std::min<index_t>(8, W) / K);
  const bool dense = R * K == W && out.row_stride == K && (K == 1 || out.col_stride == 1);
  std::atomic<bool> finite{true};
  parallel_ranges((x.rows + R - 1) / R, (index_t{1} << 15) / (R * x.cols + 1) + 1, [&](index_t first, index_t last) {
    typename S::Vec zeros{};
    for (index_t i = first * R; i < std::min(last * R, x.rows); i += R) {
      const index_t rows = std::min(R, x.rows - i);
      const auto found = scores_of_rows<K, R, T>(x.row(i).data, x.row_stride, rows, mean, low, w, x.cols);
      zeros += found * T{0};
      if (dense && rows == R) {
        S::store(&out(i, 0), found);
        continue;
      }
      for (index_t r = 0; r < rows; ++r) {
        for (index_t c = 0; c < K; ++c) out(i + r, c) = found[r * K + c];
      }
    }
    if (!(S::sum(zeros) == 0)) finite = false;
  });
  return finite;
}

template <class T>
bool few_scores(const MatrixView<const T>& x, const T* mean, const T* low, const MatrixView<const T>& w,
                const MatrixView<T>& out) {
  const index_t d = x.cols, k = w.cols, n = x.rows;
  if (k == 3) {
    return few_scores<T>(x, mean, low, w.block(0, 0, d, 2), out.block(0, 0, n, 2)) &&
           few_scores<T>(x, mean, low, w.block(0, 2, d, 1), out.block(0, 2, n, 1));
  }
  Buffer<T> columns(d * k);
  copy<T>(w, MatrixView<T>{columns.data(), d, k, 1, d});
  if (k == 1) return few_scores_on<1, T>(x, mean, low, columns.data(), out);
  if (k == 2) return few_scores_on<2, T>(x, mean, low, columns.data(), out);
  return few_scores_on<4, T>(x, mean, low, columns.data(), out);
}

}  // namespace mmlcore
