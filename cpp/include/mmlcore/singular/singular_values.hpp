// Singular values alone, of one matrix or a stack, for what they decide: rank, condition, independence.
//
// Jacobi's rotations of the rows of R (jacobi_svd.hpp), and the bidiagonal form for matrices of more columns
// (bidiagonal_values.hpp). Stacks of small matrices go one matrix a lane, stacks of larger ones one matrix a thread. In
// float64 also for float32.
//
// Cost: some 2 m n^2 + 10 n^3 flops a matrix.
#pragma once

#include <algorithm>
#include <limits>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// Singular values up to this share of the largest count as zero where nobody says otherwise: rounding makes them.
template <Real T>
double default_rank_rtol(index_t m, index_t n) {
  return static_cast<double>(std::max(m, n)) * std::numeric_limits<T>::epsilon();
}

inline constexpr index_t kLaneSide = 16;       // the shorter side of matrices of a stack in lanes, at most
inline constexpr index_t kBidiagonalSide = 6;  // columns from which on lanes go by the bidiagonal form
// One matrix: by the bidiagonal form from kReflectedSide columns on, if its rows and columns are alike, beyond kRotatedSide
// anyway, and beyond kValuesLength rows; else by rotations of R.
inline constexpr index_t kReflectedSide = 3, kRotatedSide = 40;
inline constexpr index_t kValuesSide = 200;    // the shorter side, at most
inline constexpr index_t kValuesLength = 512;  // the longer one, for rotations

// Whether these ways are the faster ones: of the others LAPACK's values alone are as fast.
inline bool has_few_values(index_t m, index_t n) {
  const index_t shorter = std::min(m, n);
  return shorter >= 1 && shorter <= kValuesSide;
}

// values: count x min(m, n), contiguous, descending, of the matrices times the powers of two that bring their largest
// entries near 1, for ratios; `powers` (count), if not null: what the values are to be multiplied with, as powers of two.
// False where one holds NaN or infinity. No matrix may be empty.
template <class T>
bool scaled_singular_values(const MatrixBatch<const T>& a, double* values, int* powers = nullptr);

extern template bool scaled_singular_values<float>(const MatrixBatch<const float>&, double*, int*);
extern template bool scaled_singular_values<double>(const MatrixBatch<const double>&, double*, int*);

}  // namespace mmlcore
