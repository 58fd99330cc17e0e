// Singular value decompositions of upper bidiagonal matrices, B = X diag(s) Y', d_k on the diagonal of B and e_k behind it.
//
// B'B is tridiagonal: divide and conquer (eigen/divide_and_conquer.hpp) gives its eigenvectors Y, orthogonal to rounding
// whatever the values. Columns of B Y have errors of rounding of the largest value, and so are orthogonal where two values
// are not small both: s_i s_j above 2 / n of the largest squared. The rest, some pairs in a hundred of a matrix of random
// numbers, are turned by Jacobi's rotations (rotate_rounds.hpp), which find them by one product. Then s_j = |B y_j|, and
// B Y - X diag(s) is rounding of the largest value.
//
// Columns of values below a hundredth of the largest would be turned all with all, and those near its rounding have no
// digits: they are taken in coordinates of the complement of the others' x (blocked_qr.hpp), where the decomposition is that
// of a general matrix (jacobi_svd.hpp) of few columns.
//
// Which pairs that may be is told by residuals: x_i'x_j = y_i'B'x_j = y_i'r_j + |x_j|^2 y_i'y_j with r_j = B'x_j - |x_j|^2
// y_j, n^2 operations for all. Y itself is orthogonal by construction (M. Gu, S. C. Eisenstat, SIAM J. Matrix Anal. Appl.
// 16, 1995).
//
// Where many values are small and none of them near another, vectors come one by one instead (twisted_svd.hpp).
//
// Cost: up to 4/3 n^3 operations for Y, and n^3 for a whole look at the products; of random matrices some tenths of one.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// values: descending; columns of left and right (n x n): X and Y. False without convergence. Entries near 1 at most.
template <class T>
bool bidiagonal_svd(index_t n, const T* d, const T* e, double* values, const MatrixView<T>& left,
                    const MatrixView<T>& right);

extern template bool bidiagonal_svd<float>(index_t, const float*, const float*, double*, const MatrixView<float>&,
                                           const MatrixView<float>&);
extern template bool bidiagonal_svd<double>(index_t, const double*, const double*, double*, const MatrixView<double>&,
                                            const MatrixView<double>&);

}  // namespace mmlcore
