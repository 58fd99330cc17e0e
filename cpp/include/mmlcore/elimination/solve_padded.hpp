// One system A X = B of up to 32 rows with up to 64 sides, in vectors along the rows of [A B].
//
// Gaussian elimination with partial pivoting, rows padded with zeros to whole vectors, B behind the padding. Step k adds the
// pivot's row to the others from the vector that holds column k + 1 on: what lies before it in that vector is never read
// again, so that no loop has an end of its own. Then, from the last row to the first,
//
//   x_i = (y_i - sum_{j>i} u_ij x_j) / u_ii
//
// for all sides at once.
//
// Lanes (solve_batch.hpp) would work for one system of W; panels and products (lu.hpp) pay from some 30 rows on, and one
// side of up to 12 rows goes faster without padding (solve_small.hpp). Beside LAPACK's gesv without checks, 16 rows with 32
// sides: 0.3 of its speed in lanes, 2 here; 16 rows with one: 0.8 and 1.7; 24 rows of float32 0.8 in panels, 1.3 here.
#pragma once

#include "mmlcore/core/numbers.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kPaddedOrder = 32, kPaddedSides = 64;

// True when the system was solved; false, as of solve_small, when the general kernel has to find out why not. n and k at
// least 1; `x` contiguous.
template <Real T>
bool solve_padded(MatrixView<const T> a, MatrixView<const T> b, T* x);

extern template bool solve_padded<float>(MatrixView<const float>, MatrixView<const float>, float*);
extern template bool solve_padded<double>(MatrixView<const double>, MatrixView<const double>, double*);

}  // namespace mmlcore
