// Cholesky's factor of a Hermitian matrix, A = L L*, by columns that are taken from what lies to the right of them
// (cholesky.hpp has the formulas).
//
// Up to kCholeskyRows rows: row i loses l_ij times the conjugate column j, which lies in one piece, real and imaginary parts
// apart, so that loops become vectors; in float64 for complex64 as well. One matrix of 3 rows by the door: 0.5 us, by
// checks, scaling and LAPACK in Python 40; numpy takes 3.5.
//
// More rows: by halves of the columns. The lower part of what is to the right of the left half loses L21 L21*, by products
// of squares and rectangles (matrices/complex_product.hpp); panels of 16 columns go column by column. One thread with
// AVX2: 1.2 to 1.4 times as fast as LAPACK for 60 to 300 rows of complex128; panels without halves were 0.9 to 1.2.
#pragma once

#include "mmlcore/core/numbers.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

template <Complex T>
inline constexpr index_t kComplexCholesky = sizeof(T) == 8 ? 300 : 400;  // rows up to which LAPACK's blocks take longer

// L, zeros above its diagonal. False, and `l` holds anything, where a pivot is not positive or near the ends of the range,
// or a number is not finite. Of A the lower triangle is read, of its diagonal the real part.
template <Complex T>
bool complex_cholesky(const MatrixView<const T>& a, const MatrixView<T>& l);

#define MMLCORE_EXTERN(T) extern template bool complex_cholesky<T>(const MatrixView<const T>&, const MatrixView<T>&)
MMLCORE_EXTERN(std::complex<float>);
MMLCORE_EXTERN(std::complex<double>);
#undef MMLCORE_EXTERN

}  // namespace mmlcore
