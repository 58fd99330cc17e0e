// Singular values of small matrices, one or a stack, and right singular vectors of one: Jacobi's rotations of columns.
//
// Two columns x and y become orthogonal by a rotation in their plane, as two rows and columns of X'X would by one of the
// symmetric problem (eigen/jacobi.hpp), but X'X is never formed:
//
//   d = |y|^2 - |x|^2,  t = sign(d) 2 x'y / (|d| + sqrt(d^2 + 4 (x'y)^2)),  c = 1 / sqrt(1 + t^2),  s = t c,
//   x <- c x - s y,  y <- s x + c y
//
// (M. R. Hestenes, 1958). When all pairs are orthogonal to rounding, relative to their own lengths, the lengths are the
// singular values, and the product of the rotations holds the right singular vectors. Small values are as accurate,
// relatively, as the columns of a well-scaled matrix determine them (J. Demmel, K. Veselic, "Jacobi's method is more
// accurate than QR", SIAM J. Matrix Anal. Appl. 13, 1992): 1e-12 beside 1 has all its digits, where QR iterations leave
// four.
//
// Values alone are taken from R of a QR decomposition with exchanges of columns, whose rows are nearer to orthogonal than
// the columns of A: three sweeps for six (Z. Drmac, K. Veselic, "New fast and accurate Jacobi SVD algorithm", SIAM J. Matrix
// Anal. Appl. 29, 2008). Stacks go one matrix a lane, one matrix with its columns in lanes. In float64 also for float32.
//
// Cost: some 2 m n^2 + 10 n^3 flops a matrix.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kSmallSide = 16;     // the shorter side of a matrix, at most
inline constexpr index_t kSmallLength = 512;  // the longer one

// values: count x min(m, n), contiguous, descending, of the matrices times the powers of two that bring their largest
// entries near 1: for ratios. False where one holds NaN or infinity. No matrix may be empty.
template <class T>
bool scaled_singular_values(const MatrixBatch<const T>& a, double* values);

// Of one m x n matrix, n <= kSmallSide: all n singular values, in its own units (zeros behind the m-th), and the right
// singular vectors as the columns of n x n `right`.
template <class T>
bool right_singular_vectors(const MatrixView<const T>& a, double* values, const MatrixView<T>& right);

extern template bool scaled_singular_values<float>(const MatrixBatch<const float>&, double*);
extern template bool scaled_singular_values<double>(const MatrixBatch<const double>&, double*);
extern template bool right_singular_vectors<float>(const MatrixView<const float>&, double*, const MatrixView<float>&);
extern template bool right_singular_vectors<double>(const MatrixView<const double>&, double*, const MatrixView<double>&);

}  // namespace mmlcore
