// The singular value decomposition of one matrix of many columns, A = U diag(s) V', in the type's own arithmetic: the
// bidiagonal form (bidiagonal.hpp), its decomposition (bidiagonal_svd.hpp), and the reflections in blocks
// (eigen/back_transformation.hpp).
//
// Errors are rounding of the largest value: rotations (jacobi_svd.hpp) are for matrices whose rows or columns differ in
// size.
//
// Cost: 4 m n^2 - 4/3 n^3 flops for the form, 2 m n^2 + 2 n^3 for the reflections, some 5 n^3 between.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// values: p = min(m, n), descending, of the matrix divided by 2^power; columns of left (m x p or m x m) and right (n x p or
// n x n). False for NaN or infinity, or without convergence. Nothing is empty.
template <class T>
bool reflected_svd(const MatrixView<const T>& a, double* values, int* power, MatrixView<T> left, MatrixView<T> right);

extern template bool reflected_svd<float>(const MatrixView<const float>&, double*, int*, MatrixView<float>,
                                          MatrixView<float>);
extern template bool reflected_svd<double>(const MatrixView<const double>&, double*, int*, MatrixView<double>,
                                           MatrixView<double>);

}  // namespace mmlcore
