// All eigenpairs of a symmetric matrix of medium size: tridiagonal form, QL iteration, and the way back (tridiagonal.hpp).
//
// LAPACK's divide and conquer does fewer operations from some hundred rows on; below, the caches hold everything and what
// counts is the overhead of its blocks, and of the threads of its BLAS, which two processors share badly.
//
// Cost: some 7 n^3 flops. Computed in float64, for float32 too.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kQlOrder = 100;

// values (n), ascending; vectors: columns, the leading entry positive (core/signs.hpp). Reads the lower triangle of `a`.
// False for NaN, infinity, eigenvalues beyond the range, or no convergence.
template <class T>
bool symmetric_pairs(const MatrixView<const T>& a, T* values, const MatrixView<T>& vectors);

extern template bool symmetric_pairs<float>(const MatrixView<const float>&, float*, const MatrixView<float>&);
extern template bool symmetric_pairs<double>(const MatrixView<const double>&, double*, const MatrixView<double>&);

}  // namespace mmlcore
