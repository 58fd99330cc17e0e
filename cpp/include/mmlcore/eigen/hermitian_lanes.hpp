// All eigenpairs of stacks of small Hermitian matrices: Jacobi's rotations, one matrix in each SIMD lane (jacobi.hpp).
//
// A rotation of the coordinates p and q has a phase here, that of h = a_qp. Taken out, what is left is the real rotation by
// |h|, with t = tau |h| and s = t c:
//
//   d = a_qq - a_pp,  tau = sign(d) 2 / (|d| + sqrt(d^2 + 4 |h|^2)),  c = 1 / sqrt(1 + tau^2 |h|^2),  sigma = c tau h
//   v_p <- c v_p - sigma v_q,  v_q <- conj(sigma) v_p + c v_q,  a_pp <- a_pp - tau |h|^2,  a_qq <- a_qq + tau |h|^2
//
// so that |h| itself, and with it a root and a quotient, is never needed. Cost: about 24 n^3 flops a sweep and matrix.
// Beside the tridiagonal form of one matrix after the other (hermitian_pairs.hpp) 38 times as fast for 2 rows, 6 for 4, 2.3
// for 8 and 1.4 for 12, of complex64 44, 15, 4.3, 2.2, and 1.6 for 16.
#pragma once

#include "mmlcore/core/numbers.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

// Rows from which on matrices are sooner done one after the other.
template <Complex C>
inline constexpr index_t kHermitianLanes = sizeof(C) == 8 ? 16 : 12;

// Whether so many matrices go in lanes: few larger ones would leave most of them empty.
template <Complex C>
constexpr bool in_hermitian_lanes(index_t n, index_t count) {
  return n <= kHermitianLanes<C> && (count == 1 ? n <= 3 : count > n * n / 24);
}

// values: count x n, contiguous, ascending; vectors: columns of length 1, the leading entry real and positive (signs.hpp); a
// stack without memory stands for the values alone. Reads the lower triangle of `a`, n >= 1. False for
// NaN or infinity there, and where a value leaves the range. The result does not depend on the number of threads.
template <Complex C>
bool hermitian_lanes(const MatrixBatch<const C>& a, RealPart<C>* values, const MatrixBatch<C>& vectors);

#define MMLCORE_EXTERN(C) \
  extern template bool hermitian_lanes<C>(const MatrixBatch<const C>&, RealPart<C>*, const MatrixBatch<C>&)
MMLCORE_EXTERN(std::complex<float>);
MMLCORE_EXTERN(std::complex<double>);
#undef MMLCORE_EXTERN

}  // namespace mmlcore
