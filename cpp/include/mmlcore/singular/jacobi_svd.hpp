// The singular value decomposition of one matrix, A = U diag(s) V', by Jacobi's rotations of the rows of R.
//
// With m >= n (else A' is taken), and a QR decomposition with exchanges of columns, A P = Q R, the columns of L = R' are
// made orthogonal by rotations, whose product is W:
//
//   L W = Z diag(s),   so that   A = Q L' P' = (Q W) diag(s) (P Z)':
//
// the vectors of the shorter side are what the columns become, and only those of the longer one need W. Two columns x and y
// become orthogonal by
//
//   z = (|y|^2 - |x|^2) / 2 x'y,  t = sign(z) / (|z| + sqrt(1 + z^2)),  c = 1 / sqrt(1 + t^2),  s = t c,
//   x <- c x - s y,  y <- s x + c y
//
// (M. R. Hestenes, 1958), until all pairs are orthogonal to rounding relative to their own lengths. Small singular values
// are as accurate, relatively, as the rows or the columns of a well-scaled matrix determine them (J. Demmel, K. Veselic,
// "Jacobi's method is more accurate than QR", SIAM J. Matrix Anal. Appl. 13, 1992). Rows of R are nearer to orthogonal than
// columns of A, and sorted: three to five sweeps for six to ten (Z. Drmac, K. Veselic, "New fast and accurate Jacobi SVD
// algorithm", SIAM J. Matrix Anal. Appl. 29, 2008).
//
// Of more than 16 columns, those of which nothing is left but what rounding makes of them (pivoted_qr.hpp) end the
// decomposition: their singular values are zero, and their vectors complete an orthonormal set. Rotations would go on about
// the directions of noise: a 137 x 134 of rank 3 took 8 ms.
//
// Cost: some 2 m n^2 + 15 n^3 flops, 25 n^3 with both sides; of rank r, m n r + r^3. In float64, for float32 too.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kJacobiSide = 200;  // the shorter side, at most: from some 300 on LAPACK is as fast

// Lengths of columns below that beside the largest entry, whose squares leave the range, are zero.
inline constexpr double kLeastLength = 1e-139;

// values: p = min(m, n), descending, of the matrix divided by 2^power, which brings its largest entry near 1. Columns of
// `left` (m x p or m x m) and `right` (n x p or n x n), if not null; those that belong to no singular value, or to one that
// vanishes beside the largest, complete an orthonormal set. False for NaN or infinity, or where it does not end. Nothing is
// empty. What is left of columns that is shorter than `floor` is zero.
template <class T>
bool jacobi_svd(MatrixView<const T> a, double* values, int* power, const MatrixView<T>* left, const MatrixView<T>* right,
                double floor = 0);

// Of the matrix minus a row, which comes in two parts: the components of data. All n right vectors, or the first ones.
template <class T>
bool centred_svd(const MatrixView<const T>& a, const double* row, const double* rest, double* values, int* power,
                 const MatrixView<T>& right);

extern template bool centred_svd<float>(const MatrixView<const float>&, const double*, const double*, double*, int*,
                                        const MatrixView<float>&);
extern template bool centred_svd<double>(const MatrixView<const double>&, const double*, const double*, double*, int*,
                                         const MatrixView<double>&);

// All n right singular vectors as the columns of n x n `right`, and n values, zeros behind the m-th, in the units of `a`,
// where they may leave the range.
template <class T>
bool right_singular_vectors(const MatrixView<const T>& a, double* values, const MatrixView<T>& right);

extern template bool jacobi_svd<float>(MatrixView<const float>, double*, int*, const MatrixView<float>*,
                                       const MatrixView<float>*, double);
extern template bool jacobi_svd<double>(MatrixView<const double>, double*, int*, const MatrixView<double>*,
                                        const MatrixView<double>*, double);
extern template bool right_singular_vectors<float>(const MatrixView<const float>&, double*, const MatrixView<float>&);
extern template bool right_singular_vectors<double>(const MatrixView<const double>&, double*, const MatrixView<double>&);

}  // namespace mmlcore
