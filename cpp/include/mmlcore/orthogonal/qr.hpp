// A = Q R with orthonormal columns of Q (m x p), R (p x n) upper triangular with r_jj >= 0, p = min(m, n); or p = m, where Q
// is square and R has rows of zeros.
//
// With a non-negative diagonal R is unique where A has full rank: it is the Cholesky factor of A'A. Tall matrices take the
// two routes of gram_schmidt.hpp, which give R on the way: Cholesky QR twice has R = R2 R1, and Householder QR of row blocks
// the triangle at its root. Q is orthonormal to rounding for every A, of any rank: columns that depend on others leave zeros
// on the diagonal of R and directions of no meaning in Q.
//
// Stacks of matrices of at most kQrLanes rows run in SIMD lanes, one matrix a lane: Householder's reflections, as in
// LAPACK's geqr2 and org2r (Golub and Van Loan, "Matrix computations", 2013, algorithms 5.2.1 and 5.1.2), without a branch:
//
//   for k = 0 ... n - 1     x = A(k:m, k),  v = x + sign(x_0) ||x|| e_0,  A(k:m, k:n) -= v (2 / v'v) v' A(k:m, k:n)
//   for k = n - 1 ... 0     Q(k:m, k:p) -= v (2 / v'v) v' Q(k:m, k:p)          starting from the identity
//
// A lane whose squares leave the range of the type, or whose column is zero, is left to the general route.
//
// Cost: 4 m n^2 - 4/3 n^3 flops for both factors (Householder), one pass over A and one over the results for small matrices.
// In lanes 3 to 16 times as fast as Eigen's HouseholderQR of fixed size, item by item (bench/cpp, "QR in lanes").
//
// Complex matrices go one by one, column by column (complex_qr.hpp), or through gram_schmidt.hpp's second route; their R has
// a real diagonal.
#pragma once

#include "mmlcore/core/numbers.hpp"

namespace mmlcore {

inline constexpr index_t kQrLanes = 32;

// Stacks of equal count; unit column strides of q and r. Throws DomainError on NaN or infinity in `a`. The result does
// not depend on the number of threads.
template <class T>
void qr(const MatrixBatch<const T>& a, const MatrixBatch<T>& q, const MatrixBatch<T>& r);

extern template void qr<float>(const MatrixBatch<const float>&, const MatrixBatch<float>&, const MatrixBatch<float>&);
extern template void qr<std::complex<float>>(const MatrixBatch<const std::complex<float>>&,
                                             const MatrixBatch<std::complex<float>>&,
                                             const MatrixBatch<std::complex<float>>&);
extern template void qr<std::complex<double>>(const MatrixBatch<const std::complex<double>>&,
                                              const MatrixBatch<std::complex<double>>&,
                                              const MatrixBatch<std::complex<double>>&);
extern template void qr<double>(const MatrixBatch<const double>&, const MatrixBatch<double>&, const MatrixBatch<double>&);

}  // namespace mmlcore
