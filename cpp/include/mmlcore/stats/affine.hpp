// Mean and covariance of A x + b from those of x (Deisenroth, Faisal, Ong, "Mathematics for Machine Learning", 2020,
// equations 6.50 and 6.51): A m + b, and A S A', of which the upper triangle is computed and mirrored.
#pragma once

#include <algorithm>
#include <cmath>

#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/finite.hpp"
#include "mmlcore/core/views.hpp"
#include "mmlcore/eigen/symmetry.hpp"
#include "mmlcore/matrices/matrix_vector.hpp"
#include "mmlcore/matrices/product_small.hpp"

namespace mmlcore {

// False where a number is not finite.
template <Real T>
bool affine_mean(VectorView<const T> mean, MatrixView<const T> a, VectorView<const T> shift, T* to) {
  matrix_vector<T>(a, mean, {to, a.rows, 1});  // not finite where a number of a row, or of the mean, is not
  T check = 0;
  for (index_t i = 0; i < a.rows; ++i) check += (to[i] += shift[i]) * 0;
  return check == 0;
}

// Copies the upper triangle of a matrix in rows to the lower one, by squares.
template <Real T>
void mirror_upper(const MatrixView<T>& a) {
  constexpr index_t kSide = 16;
  for (index_t i = 0; i < a.rows; i += kSide) {
    const index_t end = std::min(a.rows, i + kSide), below = a.rows - end;
    for (index_t r = i; r < end; ++r) {
      for (index_t c = r + 1; c < end; ++c) a(c, r) = a(r, c);
    }
    copy<T>(a.block(i, end, end - i, below).transposed(), a.block(end, i, below, end - i));
  }
}

// `to` in rows, `product` for m d numbers. False where S is not symmetric but for a rounding, or a number is not finite.
template <Real T>
bool affine_covariance(MatrixView<const T> s, MatrixView<const T> a, MatrixView<T> to, T* product) {
  constexpr double kAsymmetry = 1e-5;
  const index_t m = a.rows;
  const Symmetry found = symmetry<T>(s);
  if (!(found.gap <= kAsymmetry * found.largest)) return false;  // NaN, too
  const MatrixView<T> half = c_order(product, a.rows, a.cols);
  product_single<T>(a, s, half);
  product_upper<T>(half, a.transposed(), to);
  mirror_upper(to);
  if (to.row_stride == m) return all_finite(to.data, m * m);
  bool finite = true;
  for (index_t i = 0; i < m; ++i) finite &= all_finite(&to(i, 0), m);
  return finite;
}

}  // namespace mmlcore
