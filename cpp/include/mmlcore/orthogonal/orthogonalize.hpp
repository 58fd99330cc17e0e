// One vector made orthogonal to orthonormal rows: the step of Gram-Schmidt that Lanczos and Arnoldi iterations repeat.
//
//   v <- v - Q'(Q v), and once more where more than a hundredth of the length was taken away.
//
// One pass leaves components of rounding errors times ||v|| over what is left of it, and hands on the errors of Q: of
// v - Q h it keeps (I - Q Q') h, so that errors grow with every row that lost a good part of itself. The second pass removes
// both ("twice is enough": B. N. Parlett, "The symmetric eigenvalue problem", 1998, section 6.9). (With one pass for half of
// the length, 40 copies of an eigenvalue met one after another had vectors orthogonal to 4 digits.) A caller that knows the
// few large components, as a Lanczos iteration its last two, subtracts them before, and the pass that pays is one.
//
// The time is that of reading Q. Measured with 64 rows of 100,000 (BLAS's two products: 4.0 ms): two passes in three
// readings 10 to 17 ms, one with the second's products taken while a block is in the cache, which then decide, 8 to 10.
//
// Cost: 4 m n flops a pass, for m rows of n numbers. Sums have a fixed order: the same bits for every number of threads.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// `rows` contiguous each, `v` (rows.cols,) overwritten. Returns its length.
double orthogonalize(MatrixView<const double> rows, double* v);

}  // namespace mmlcore
