// LU decomposition with partial pivoting of complex matrices: the recursion of lu.hpp (Toledo, 1997), its products and
// triangular solutions as real ones (matrices/complex_product.hpp, complex_blocks.hpp).
//
//   factor A1 = P1 [L11; L21] U11,   A2 := P1' A2,   U12 = L11^-1 A12,   A22 := A22 - L21 U12,   factor A22
//
// Panels of kComplexPanel columns go column by column, real and imaginary parts apart in whole vectors. The pivot is the
// entry of largest absolute value, so that no entry of L is larger than 1; LAPACK compares |re| + |im|, and its L reaches
// sqrt(2). The square root in between costs nothing: the squares are compared, and only where they may leave the range, the
// absolute values.
//
// Backward error as in lu.hpp, gamma_n a little larger for complex arithmetic (Higham, "Accuracy and stability of numerical
// algorithms", 2nd ed., section 3.6). Cost: 8/3 n^3 real operations.
#pragma once

#include "mmlcore/core/numbers.hpp"

namespace mmlcore {

// Factors `a` (rows contiguous, m x n) in place; row k was exchanged with row pivots[k] >= k at step k, k < min(m, n). A
// column without a pivot is passed over; the first of them is returned, or -1.
template <Complex T>
index_t complex_lu(MatrixView<T> a, index_t* pivots);

// Solves L U X = P B in place of `b` (n x k, rows contiguous).
template <Complex T>
void complex_lu_solve(MatrixView<const T> lu, const index_t* pivots, MatrixView<T> b);

extern template index_t complex_lu<std::complex<float>>(MatrixView<std::complex<float>>, index_t*);
extern template index_t complex_lu<std::complex<double>>(MatrixView<std::complex<double>>, index_t*);
extern template void complex_lu_solve<std::complex<float>>(MatrixView<const std::complex<float>>, const index_t*,
                                                           MatrixView<std::complex<float>>);
extern template void complex_lu_solve<std::complex<double>>(MatrixView<const std::complex<double>>, const index_t*,
                                                            MatrixView<std::complex<double>>);

}  // namespace mmlcore
