// Determinants of a stack of matrices, from the pivots of Gaussian elimination: det A = sign * product of the pivots.
//
// The product of n pivots leaves the range of numbers long before the pivots do (the determinant of 0.1 I of order 400 is
// 1e-400), so it is kept as a mantissa, of absolute value in [1, 2) or 0 (of complex ones the larger part, or near that),
// and a power of two.
//
// A stack of order n <= lane_order: one matrix in each SIMD lane (solve_batch.hpp), some 5 times as fast as Eigen's
// PartialPivLU item by item (bench/cpp, "determinants in lanes"); else eliminate_rows up to some 24 rows, and lu_factor
// above, complex_lu for complex ones. Error: that of a matrix with backward error as in lu.hpp. Cost: 2/3 n^3 flops a
// matrix.
#pragma once

#include <cstdint>
#include <functional>

#include "mmlcore/core/numbers.hpp"

namespace mmlcore {

// det a[i] = mantissa[i] * 2^exponent[i]; without `exponent`, mantissa[i] is the determinant itself, 0 or infinity where it
// leaves the range. A singular matrix has mantissa 0. Throws DomainError on NaN or infinity.
template <Number T>
void determinants(const MatrixBatch<const T>& a, T* mantissa, std::int64_t* exponent);

// The same for one matrix. False for NaN or infinity.
template <Number T>
bool determinant(MatrixView<const T> a, bool parallel, T& mantissa, std::int64_t& exponent);

// The same for a stack of order n <= lane_order. Calls `other(i)` for each matrix that lanes cannot be trusted with: one
// that holds NaN or infinity, or meets pivots near the ends of the range.
template <Number T>
void determinant_lanes(const MatrixBatch<const T>& a, T* mantissa, std::int64_t* exponent,
                       const std::function<void(index_t)>& other);

}  // namespace mmlcore
