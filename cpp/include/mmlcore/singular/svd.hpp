// Singular value decompositions, A = U diag(s) V', of one matrix or a stack: Jacobi's rotations (jacobi_svd.hpp).
//
// Stacks of matrices of a shorter side up to kLaneSide go one matrix a lane, up to eight columns in two vectors of lanes at
// once (core/twin_lanes.hpp: 1.3 to 1.6 times as fast as one). Two columns are rotated as they are,
//
//   A V = Z,   s_j = |z_j|,   u_j = z_j / s_j,
//
// of more the rows of R, as in jacobi_svd.hpp: the QR decomposition saves a sweep or two. From kBidiagonalSide columns on, a
// group of matrices whose rows and columns are of like length goes by the bidiagonal form (bidiagonal_lanes.hpp). Lanes with
// a zero among their values, whose vectors there are none to take, go again by themselves. Stacks of larger ones go one
// matrix a thread. Of each pair of vectors the sign is such that the leading entry of v_j is positive (core/signs.hpp).
//
// Cost: some 2 m n^2 + 25 n^3 flops a matrix.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// left (m x p, or m x m), values (p) one after the other, right (p x n, or n x n): its rows are the vectors. Stacks of equal
// count. False where LAPACK has to see to it: NaN or infinity, values beyond the range, no convergence. Nothing is empty.
template <class T>
bool svd(const MatrixBatch<const T>& a, const MatrixBatch<T>& left, T* values, const MatrixBatch<T>& right);

extern template bool svd<float>(const MatrixBatch<const float>&, const MatrixBatch<float>&, float*,
                                const MatrixBatch<float>&);
extern template bool svd<double>(const MatrixBatch<const double>&, const MatrixBatch<double>&, double*,
                                 const MatrixBatch<double>&);

}  // namespace mmlcore
