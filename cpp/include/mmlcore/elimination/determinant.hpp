// Determinants of a stack of matrices, from the pivots of Gaussian elimination: det A = sign * product of the pivots.
//
// The product of n pivots leaves the range of numbers long before the pivots do (the determinant of 0.1 I of order 400 is
// 1e-400), so it is kept as a mantissa, of absolute value in [1, 2) or 0, and a power of two.
//
// Small matrices are eliminated in plain loops, larger ones by lu_factor; a stack is shared out between the threads. Error:
// that of a matrix with backward error as in lu.hpp. Cost: 2/3 n^3 flops a matrix.
#pragma once

#include <cstdint>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// det a[i] = mantissa[i] * 2^exponent[i]. A singular matrix has mantissa 0. Throws DomainError on NaN or infinity.
template <class T>
void determinants(const MatrixBatch<const T>& a, T* mantissa, std::int64_t* exponent);

}  // namespace mmlcore
