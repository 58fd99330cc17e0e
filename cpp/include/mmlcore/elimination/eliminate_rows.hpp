// Gaussian elimination of few rows, one after the other: for what is too small for the panels and products of lu.hpp, or
// wants each step by itself (echelon.hpp). Rows are contiguous, and an elimination is y += a x along a row.
//
// 1.3 to 3 times as fast as Eigen's PartialPivLU for 3 to 6 rows, at par with it for 12 (bench/cpp, "one small ...").
#pragma once

#include <algorithm>
#include <cmath>

#include "mmlcore/core/lane_algebra.hpp"
#include "mmlcore/core/numbers.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

// The row, from `first` on, of the largest entry of column c: the first of equals.
template <Number T>
inline index_t pivot_row(MatrixView<T> a, index_t c, index_t first) {
  index_t p = first;
  for (index_t i = first + 1; i < a.rows; ++i) {
    if (std::abs(a(i, c)) > std::abs(a(p, c))) p = i;
  }
  return p;
}

// From column `first` on.
template <Number T>
inline void exchange_rows(MatrixView<T> a, index_t i, index_t k, index_t first) {
  T *x = a.data + i * a.row_stride, *y = a.data + k * a.row_stride;
  std::swap_ranges(x + first, x + a.cols, y + first);
}

// Row i += factor row k, from column `first` on.
template <Number T>
inline void add_row(MatrixView<T> a, index_t i, index_t k, T factor, index_t first) {
  axpy(factor, a.data + k * a.row_stride + first, a.data + i * a.row_stride + first, a.cols - first);
}

// Partial pivoting in place of [A B], A square: what is left is [U L^-1 P B], up to the first pivot that is zero; below the
// diagonal stands anything. Returns the sign of the exchanges.
template <Real T>
T eliminate_rows(MatrixView<T> a) {
  T sign = 1;
  for (index_t k = 0; k < a.rows; ++k) {
    const index_t p = pivot_row(a, k, k);
    if (a(p, k) == 0) return sign;
    if (p != k) {
      sign = -sign;
      exchange_rows(a, p, k, k);
    }
    for (index_t i = k + 1; i < a.rows; ++i) add_row(a, i, k, -(a(i, k) / a(k, k)), k + 1);
  }
  return sign;
}

}  // namespace mmlcore
