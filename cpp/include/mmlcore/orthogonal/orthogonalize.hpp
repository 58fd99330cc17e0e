// One vector made orthogonal to orthonormal rows: the step of Gram-Schmidt that Lanczos and Arnoldi iterations repeat.
//
//   v <- v - Q'(Q v), twice.
//
// Once would leave components of rounding errors times ||v|| over what is left of it; the second pass removes them ("twice
// is enough": B. N. Parlett, "The symmetric eigenvalue problem", 1998, section 6.9). The second products Q v are taken while
// a block of columns still is in the cache from the first subtraction, so Q is read three times instead of four.
//
// Cost: 8 m n flops for m rows of n numbers. Sums have a fixed order: the same bits for every number of threads.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// `rows` contiguous each, `v` (rows.cols,) overwritten. Returns its length.
double orthogonalize(MatrixView<const double> rows, double* v);

}  // namespace mmlcore
