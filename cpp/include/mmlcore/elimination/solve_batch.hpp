// A X = B for a stack of small matrices, one matrix in each SIMD lane.
//
// A matrix of order n <= kLaneOrder is too small to fill a vector along its rows, but a stack holds thousands: so W matrices
// (W = 8 doubles on AVX-512) are transposed in registers into an array of vectors a[i][j], lane by lane one matrix, and
// every step of Gaussian elimination is done for all W at once, without a shuffle. n is a template argument: for n <= 4 the
// whole elimination stays in registers.
//
// Partial pivoting per lane: the pivot row is found by comparisons of all lanes at once, and the exchange rides along with
// the elimination as two masked selects an element.
//
// Complex matrices go the same way, their parts in registers of their own (core/complex_lanes.hpp), to order
// kComplexLaneOrder, beyond which the vectors of a group leave the first-level cache.
//
// Cost: 2/3 n^3 flops a matrix at full vector width; from some n = 3 downwards the stack is limited by memory. Same result
// as LAPACK's gesv up to rounding; backward error as in lu.hpp. 2.7 to 4.7 times as fast as Eigen's PartialPivLU of fixed
// size, item by item (bench/cpp, "systems in lanes").
#pragma once

#include "mmlcore/core/numbers.hpp"

namespace mmlcore {

inline constexpr index_t kLaneOrder = 16, kComplexLaneOrder = 16;
template <Number T>
inline constexpr int lane_order = Complex<T> ? kComplexLaneOrder : kLaneOrder;

// x[i] = a[i]^-1 b[i] for stacks of equal count and order n <= kLaneOrder.
// Throws DomainError on NaN or infinity, SingularMatrix on an exactly zero pivot or overflow; both name the item.
template <Number T>
void solve_lanes(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& x);

// The same for any order: lanes up to kLaneOrder, else solve_one for each item, items shared out between the threads.
template <Number T>
void solve_batch(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& x);

extern template void solve_lanes<float>(const MatrixBatch<const float>&, const MatrixBatch<const float>&,
                                        const MatrixBatch<float>&);
extern template void solve_lanes<double>(const MatrixBatch<const double>&, const MatrixBatch<const double>&,
                                         const MatrixBatch<double>&);
extern template void solve_lanes<std::complex<float>>(const MatrixBatch<const std::complex<float>>&,
                                                      const MatrixBatch<const std::complex<float>>&,
                                                      const MatrixBatch<std::complex<float>>&);
extern template void solve_lanes<std::complex<double>>(const MatrixBatch<const std::complex<double>>&,
                                                       const MatrixBatch<const std::complex<double>>&,
                                                       const MatrixBatch<std::complex<double>>&);
extern template void solve_batch<float>(const MatrixBatch<const float>&, const MatrixBatch<const float>&,
                                        const MatrixBatch<float>&);
extern template void solve_batch<double>(const MatrixBatch<const double>&, const MatrixBatch<const double>&,
                                         const MatrixBatch<double>&);
extern template void solve_batch<std::complex<float>>(const MatrixBatch<const std::complex<float>>&,
                                                      const MatrixBatch<const std::complex<float>>&,
                                                      const MatrixBatch<std::complex<float>>&);
extern template void solve_batch<std::complex<double>>(const MatrixBatch<const std::complex<double>>&,
                                                       const MatrixBatch<const std::complex<double>>&,
                                                       const MatrixBatch<std::complex<double>>&);

}  // namespace mmlcore
