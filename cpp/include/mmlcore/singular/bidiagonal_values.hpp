// Singular values alone of one matrix of some dozens to hundreds of columns, by its bidiagonal form.
//
//   U' A V = B,  d_k on its diagonal and e_k behind it,   by reflections from both sides, which keep the singular values.
//
// Reflection k from the left needs A'u, that from the right A v: two readings of what is left of A, which is where the time
// goes. So nothing else is read or written in between: with y = A'u and x = A v as they are after all reflections before,
//
//   A_k = A - sum_j (u_j y_j' + x_j v_j'),
//
// and the sum, of the last kPanel steps, is taken off rows, columns and products as they are needed, and off A as one
// product when the panel is full (J. J. Dongarra, D. C. Sorensen, S. J. Hammarling, J. Comput. Appl. Math. 27, 1989,
// LAPACK's labrd, whose panels of 32 spend more on the sums than they save here).
//
// The values of B are the positive eigenvalues of the tridiagonal matrix of 2 n rows with zeros on the diagonal and d_0,
// e_0, d_1, e_1, ... beside it (Golub and Kahan, 1965), which divide and conquer finds (eigen/divide_and_conquer.hpp).
// Errors are some units of the largest value, as LAPACK's. Quotients and differences (Fernando and Parlett, 1994) with
// Newton's shifts took 1.3 times as long: nine sweeps a value.
//
// Cost: 4 m n^2 - 4/3 n^3 flops and some 40 n^2 for the values.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// The min(m, n) values, descending, of the matrix divided by 2^power, which brings its largest entry near 1. False for NaN
// or infinity, or where the values were not found. Nothing is empty.
template <class T>
bool bidiagonal_values(MatrixView<const T> a, double* values, int* power);

extern template bool bidiagonal_values<float>(MatrixView<const float>, double*, int*);
extern template bool bidiagonal_values<double>(MatrixView<const double>, double*, int*);

}  // namespace mmlcore
