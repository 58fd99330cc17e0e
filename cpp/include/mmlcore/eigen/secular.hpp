// The eigenvalues of D + rho z z', D diagonal and ascending, |z| = 1, rho > 0: the roots of the secular equation
//
//   f(x) = 1 / rho + sum_k z_k^2 / (d_k - x) = 0,
//
// one between each two d, and the last in (d_last, d_last + rho] (J. R. Bunch, C. P. Nielsen, D. C. Sorensen, "Rank-one
// modification of the symmetric eigenproblem", Numer. Math. 31, 1978). A root is kept as its distance from the nearer d,
// (origin, offset): the differences d_k - x, on which everything else depends, then keep all their digits.
//
// Each lane finds one root; all lanes add up the same terms in turn. With psi the sum of the terms up to the left pole and
// phi that of the others, a step replaces f by c + p / (delta_1 - t) + q / (delta_2 - t), delta the distances to the two
// poles beside the root: p and q match the slopes psi' and phi', c the value; c = f - delta_1 psi' - delta_2 phi' (R.-C. Li,
// "Solving secular equations stably and efficiently", LAPACK Working Note 89, 1993, the middle way). It converges
// quadratically; a bracket that every value narrows catches steps that leave it. The end is near where |f| is within its
// rounding error, or where a step is so short against the distance to the nearer pole that the error after it, which falls
// with the square, is below rounding: the usual root takes four to five evaluations.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// The roots first ... last - 1 of `count`, count >= 2. d, z_squared: ascending, more than rounding apart, positive, of sum
// 1; both, as origin and offset, have room for whole vectors, and what stands behind `last` is not read but written over in
// origin and offset. `first` is a multiple of two vectors; the roots do not depend on how they are shared out so.
template <class T>
void secular_roots(index_t first, index_t last, index_t count, T rho, const T* d, const T* z_squared, T* origin, T* offset);

extern template void secular_roots<float>(index_t, index_t, index_t, float, const float*, const float*, float*, float*);
extern template void secular_roots<double>(index_t, index_t, index_t, double, const double*, const double*, double*,
                                           double*);

}  // namespace mmlcore
