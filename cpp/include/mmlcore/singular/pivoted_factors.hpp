// A P = Q R with exchanges of columns: of what is left the longest column comes first, so that the diagonal of R falls and
// tells the rank to a small factor (P. Businger, G. H. Golub, "Linear least squares solutions by Householder
// transformations", Numer. Math. 7, 1965). Real matrices by the reflections that precede Jacobi's rotations
// (jacobi_svd.hpp), complex ones as orthogonal/complex_qr.hpp has it.
//
// Columns that are shorter than some 1e-146 times the longest entry count as zero. Cost: 2 m n p - (m + n) p^2 + 2/3 p^3
// operations for R, p = min(m, n), and as many for Q; column by column, so large ones wait for memory.
#pragma once

#include <cstdint>

#include "mmlcore/core/numbers.hpp"

namespace mmlcore {

// q: m x p or m x m, orthonormal columns; r: as many rows as q has columns, its diagonal real, not negative and falling;
// order (n): column j of Q R is column order[j] of A. False for NaN or infinity. Nothing is empty.
template <Number T>
bool pivoted_factors(const MatrixView<const T>& a, const MatrixView<T>& q, const MatrixView<T>& r, std::int64_t* order);

#define MMLCORE_EXTERN(T)                                                                                         \
  extern template bool pivoted_factors<T>(const MatrixView<const T>&, const MatrixView<T>&, const MatrixView<T>&, \
                                          std::int64_t*)
MMLCORE_EXTERN(float);
MMLCORE_EXTERN(double);
MMLCORE_EXTERN(std::complex<float>);
MMLCORE_EXTERN(std::complex<double>);
#undef MMLCORE_EXTERN

}  // namespace mmlcore
