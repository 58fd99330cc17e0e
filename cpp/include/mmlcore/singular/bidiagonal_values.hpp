// Singular values alone of one matrix of some dozens to hundreds of columns, by its bidiagonal form.
//
//   U' A V = B,  d_k on its diagonal and e_k behind it,   by reflections from both sides, which keep the singular values.
//
// Reflection k from the left needs y = tau A'u, that from the right x = tau A v: two readings of what is left of A. To 200
// columns A lies in the second-level cache, so both are writings too: A -= x v' of the step before goes with A'u, A -= u y'
// with A v. Panels that hold back what has to be taken off (J. J. Dongarra, D. C. Sorensen, S. J. Hammarling, J. Comput.
// Appl. Math. 27, 1989, LAPACK's labrd) spend more on the sums than they save: 40 us of 50 columns and 960 of 200, where
// this takes 21 and 730.
//
// The values of B come from quotients and differences with shifts (dqds.hpp): 38 us of 50 columns, where divide and conquer
// on the tridiagonal matrix of twice the order took 60, and 510 of 200, where it took 710. Errors are some units of the
// largest value, as LAPACK's: those of the reflections.
//
// Cost: 4 m n^2 - 4/3 n^3 flops and some 2 n^2 quotients.
#pragma once

#include "mmlcore/core/numbers.hpp"

namespace mmlcore {

// Whether no row, and no column, is much smaller than another: such a matrix has nothing to lose to the reflections, which
// mix rows and columns, that rotations would keep. (A NaN is like anything.)
template <Number T>
bool rows_and_columns_alike(MatrixView<const T> a);

// The min(m, n) values, descending, of the matrix divided by 2^power, which brings its largest entry near 1. False for NaN
// or infinity, or where the values were not found. Nothing is empty.
template <class T>
bool bidiagonal_values(MatrixView<const T> a, double* values, int* power);

extern template bool rows_and_columns_alike<float>(MatrixView<const float>);
extern template bool rows_and_columns_alike<double>(MatrixView<const double>);
extern template bool rows_and_columns_alike<std::complex<float>>(MatrixView<const std::complex<float>>);
extern template bool rows_and_columns_alike<std::complex<double>>(MatrixView<const std::complex<double>>);
extern template bool bidiagonal_values<float>(MatrixView<const float>, double*, int*);
extern template bool bidiagonal_values<double>(MatrixView<const double>, double*, int*);

}  // namespace mmlcore
