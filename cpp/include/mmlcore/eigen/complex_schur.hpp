// The Schur form of a complex Hessenberg matrix, T = Z* H Z upper triangular, by QR steps with one shift.
//
// A step takes a rotation of rows k and k + 1, G = [c, s; -conj(s), c], for each k of the window that is not split yet: the
// first turns (h_11 - shift, h_21) on its first entry, the next ones push the number that G* leaves below back under the
// diagonal (J. G. F. Francis, Comput. J. 4, 1961; Golub and Van Loan, "Matrix computations", 2013, 7.5). The shift is the
// eigenvalue of the window's last two rows that is nearer to its last number (Wilkinson).
//
// Rotations from the left run along rows, whole vectors at a time. What a step needs of the ones from the right is rows
// k + 1 and k + 2 alone; all above waits for the end of the step, when its rotations are known: then panels of as many rows
// as a vector has lanes are turned to columns in registers, go through all rotations in a row, from the first level of the
// cache, and are turned back. So do the columns behind the window and the rows of Z', of which a vector stays in registers
// as it meets one rotation after the other: half the loads and stores of rotations one by one.
#pragma once

#include <complex>

#include "mmlcore/eigen/reduction.hpp"

namespace mmlcore {

// h: whole_vectors<T>(n) pairs of rows, as complex_hessenberg leaves them; z: the same of n rows, Q' (whose rows are the
// columns of Q), which becomes (Q Z)', or null: then rows of h outside the windows are not brought up to date, and the
// eigenvalues on the diagonal are all that h holds. False without convergence.
template <class T>
bool complex_schur(index_t n, PaddedRows<T> h, PaddedRows<T> z);

extern template bool complex_schur<float>(index_t, PaddedRows<float>, PaddedRows<float>);
extern template bool complex_schur<double>(index_t, PaddedRows<double>, PaddedRows<double>);

}  // namespace mmlcore
