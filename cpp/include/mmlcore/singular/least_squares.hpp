// The shortest x of least |A x - b|, for one matrix or a stack, b a matrix of right sides; and the pseudo-inverse, which is
// that of the identity.
//
// With A P = Q R (exchanges of columns, pivoted_qr.hpp) and c = Q'b, the columns of L = R' are made orthogonal by Jacobi's
// rotations, L W = Z, whose product nobody needs: the rotations that turn the columns of L turn the entries of c with them,
//
//   x = P sum_{s_j > rtol s_0} z_j (W'c)_j / s_j^2,   s_j = |z_j|,
//
// since A = Q L' P' = (Q W) Z' P'. So the rank is the one that `rank` counts, the solution is the shortest for every rank,
// and singular values come with it. |A x - b|^2 is what c holds below R and in the directions that were left out (Golub and
// Van Loan, "Matrix computations", 2013, theorem 5.5.1). Stacks of up to kLaneSide columns go one matrix a lane, others
// through the decomposition of svd.hpp. Wide matrices of a stack go through it, too; their pseudo-inverse is the transpose
// of that of the transpose.
//
// In float64 for float32 too. Cost: 2 m n (n + 2 k) + 10 n^2 (n + k) flops a matrix.
#pragma once

#include <cstdint>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// a: m x n, b: m x k, x: n x k, any strides. residual (count x k): the lengths of A x - b; rank (count); values
// (count x min(m, n)), descending; these may be null. False for NaN or infinity, for sizes that svd.hpp does not take, and
// where something leaves the range. Nothing is empty.
template <class T>
bool least_squares(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, double rtol, const MatrixBatch<T>& x,
                   T* residual, std::int64_t* rank, T* values);

// x: n x m.
template <class T>
bool pseudo_inverse(const MatrixBatch<const T>& a, double rtol, const MatrixBatch<T>& x);

extern template bool least_squares<float>(const MatrixBatch<const float>&, const MatrixBatch<const float>&, double,
                                          const MatrixBatch<float>&, float*, std::int64_t*, float*);
extern template bool least_squares<double>(const MatrixBatch<const double>&, const MatrixBatch<const double>&, double,
                                           const MatrixBatch<double>&, double*, std::int64_t*, double*);
extern template bool pseudo_inverse<float>(const MatrixBatch<const float>&, double, const MatrixBatch<float>&);
extern template bool pseudo_inverse<double>(const MatrixBatch<const double>&, double, const MatrixBatch<double>&);

}  // namespace mmlcore
