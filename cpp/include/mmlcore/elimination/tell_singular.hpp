// Whether a matrix is singular to rounding, by one LU decomposition instead of singular values.
//
// Let s and S be the smallest and the largest singular value of B; singular means s <= tol S. From solutions x_j of B x =
// z_j for random z_j (random_sides.hpp, where t and the probability of an error are),
//
//   invertible:  2 tol S < t / max |x_j|, where S is at most the root of the sum of squares; twice, since all is rounded;
//   singular:    s <= |B x| / |x| <= tol S for the longest x, where S is at least the length of a row.
//
// A pivot that vanished is put back to the size of a rounding: x then lies in the null space but for one. Between the two
// bounds, a factor of some 64 sqrt(n), lie few matrices where tol is a rounding of float64; for the others, and float32's,
// the inverse says more, s >= 1 / |B^-1| in Frobenius' norm.
//
// Cost: 2/3 n^3 + 16 n^2 operations, 2 n^3 more for the inverse; singular values alone take ten times a factorization.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

enum class Told { invertible, singular, open };

// B is square and not empty, all finite, its rows contiguous, their largest entries near 1.
Told tell_singular(MatrixView<const double> b, double tol);

}  // namespace mmlcore
