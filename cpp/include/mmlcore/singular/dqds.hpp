// Singular values of a bidiagonal matrix by differential quotients and differences with shifts (K. V. Fernando, B. N.
// Parlett, "Accurate singular values and differential qd algorithms", Numer. Math. 67, 1994).
//
// With q_k = d_k^2 and e_k the squares beside them, the values squared are the eigenvalues of L U, where L has 1 and e_k, U
// has q_k and 1. A sweep finds the factors of U L - t instead:
//
//   d := q_0 - t;    q'_k = d + e_k,   e'_k = e_k q_{k+1} / q'_k,   d := d q_{k+1} / q'_k - t,   k = 0, 1, ...
//
// All values sink by t. For t = 0 nothing is ever subtracted, so that each of them keeps its own digits; while t stays
// below the least of them, the last e goes to zero, and the value is the sum of all shifts. A quotient waits for the one
// before it, some twenty cycles a step, so what counts is how many sweeps a value takes: some two and a half.
//
// The shift comes from the last entries and from the least d of the sweep before, by the bounds of B. N. Parlett and O. A.
// Marques ("An implementation of the dqds algorithm (positive case)", Linear Algebra Appl. 309, 2000), numbered as in their
// section 6; a shift that was too large is told by a negative d, and tried again smaller. What lies the wrong way round,
// small entries first, is turned; where an e vanished, the parts go on alone.
//
// The sum of the values squared is that of all q and e: what is found has to have it, to n units of rounding.
// Cost: some 2 n^2 quotients.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// The values, descending, of the bidiagonal matrix with d on the diagonal and e (n - 1) behind it. What is 1e-70 times
// smaller than the largest number counts as zero. `memory`: 4 n numbers. False where the sweeps do not suffice or the sum is
// another.
bool dqds(index_t n, const double* d, const double* e, double* values, double* memory);

}  // namespace mmlcore
