// All eigenpairs of stacks of small symmetric matrices: Jacobi's rotations, one matrix in each SIMD lane.
//
// A rotation in the plane of the coordinates p and q makes a_pq zero:
//
//   d = a_qq - a_pp,  t = sign(d) 2 a_pq / (|d| + sqrt(d^2 + 4 a_pq^2)),  c = 1 / sqrt(t^2 + 1),  s = t c
//
// (Golub and Van Loan, "Matrix computations", 2013, section 8.5). A sweep does so for all pairs in turn; the sum of squares
// off the diagonal falls at every rotation and, near the end, quadratically from sweep to sweep: some six sweeps for sixteen
// rows. Unlike the tridiagonal QR iteration that LAPACK uses, every step is the same for all matrices, so W of them go
// through in step without a branch. Sorted at the end by a network of exchanges.
//
// Cost: about 6 n^3 flops a sweep and matrix; one pass over the matrices and one over the results. 2.6 to 5.5 times as fast
// as Eigen's SelfAdjointEigenSolver of fixed size, item by item (bench/cpp, "symmetric eigenvalues in lanes").
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kJacobiOrder = 16;

// values: count x n, contiguous, ascending; vectors: columns of length 1, the leading entry positive (signs.hpp); a stack
// without memory stands for the values alone. Reads the lower triangle of `a`, 1 <= n <= kJacobiOrder. Throws DomainError on
// NaN or infinity there, and where a value leaves the range. The result does not depend on the number of threads.
template <class T>
void jacobi(const MatrixBatch<const T>& a, T* values, const MatrixBatch<T>& vectors);

extern template void jacobi<float>(const MatrixBatch<const float>&, float*, const MatrixBatch<float>&);
extern template void jacobi<double>(const MatrixBatch<const double>&, double*, const MatrixBatch<double>&);

}  // namespace mmlcore
