// Products of a tall matrix and a tiny one: a transformation of many points, C (m x n) = A (m x k) B (k x n), m large.
//
// Packing A, as the large product does, would cost more than the product: with n of a few columns each element of A is used
// but n times. Here B, its rows filled up with zeros to whole vectors, stays in the first-level cache, and a row of C, up
// to four vectors, is the sum over k of a(i, k) times B's row k. It is stored whole; what lies beyond its n numbers is the
// start of the next row, which is stored after it. Rows at the end of a block go through a copy instead. Bound by memory for
// k, n <= 8. Long sums for two to four columns run along the rows of A instead.
//
// 5000 rows: 1.5 to 4 times as fast as packing for k from 48 to 400 and 3 to 32 columns.
//
// Cost: 2 m k n flops rounded up to whole vectors; parallel over rows.
#pragma once

#include "mmlcore/core/simd.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kTallDepth = 512;
// Rows from which on it pays: of fewer, the copy of B and the rows that are left over cost too much.
inline constexpr index_t kTallRows = 512, kSumRows = 16;

// Up to so many columns, some half a vector, sums run along the rows of A.
template <class T>
inline constexpr index_t kFewColumns = kVectorBytes / 2 / index_t{sizeof(T)} >= 4 ? 4 : 2;

template <class T>
bool sums_along_rows(const MatrixView<const T>& a, const MatrixView<T>& c) {
  return c.cols <= kFewColumns<T> && a.cols >= 3 * Simd<T>::width && a.col_stride == 1;
}

// Whether product_tall takes these operands and is the faster way: C in rows without gaps, few columns.
template <class T>
bool is_tall_product(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& c) {
  return a.rows > (sums_along_rows(a, c) ? kSumRows : kTallRows) && c.cols >= 2 && c.cols <= 4 * Simd<T>::width &&
         a.cols <= kTallDepth && c.row_stride == c.cols && c.col_stride == 1 && b.cols == c.cols;
}

template <class T>
void product_tall(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c);

extern template void product_tall<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>);
extern template void product_tall<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>);

}  // namespace mmlcore
