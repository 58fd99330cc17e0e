// Householder QR by blocks: nearly all work is matrix products.
//
// A reflection H = I - tau v v' maps a column on a multiple of e_0. The product of the reflections of a panel of columns is
//
//   H_0 H_1 ... H_{w-1} = I - V T V'      (the compact WY form: Schreiber and Van Loan, SIAM J. Sci. Stat. Comput. 10,
//   1989),
//
// V (m x w) the vectors v, T (w x w) upper triangular, so that it is applied to the columns on the right, and later to the
// identity to form Q, by products. A panel is factored by halves (Elmroth and Gustavson, "Applying recursion to serial and
// parallel QR factorization", IBM J. Res. Dev. 44, 2000): the left half, its reflections applied to the right half, the
// right half, and T = [T1, -T1 V1'V2 T2; 0, T2]. Only halves of kBase columns go column by column.
//
// Cost: 2 m n^2 - 2/3 n^3 flops for R and as many for Q; scratch m n elements. Products employ all threads. 1.1 to 1.3 times
// as fast as Eigen's HouseholderQR with its thin Q for 50 to 1000 columns on one thread, 1.8 times for 1000 on two
// (bench/cpp, "Householder QR"). At 32 columns they are at par, at 20 Eigen's takes 0.86 of the time: the row includes what
// Eigen's does not do, the search for NaN, columns brought into the range by powers of two, and signs; bits are those of any
// threads.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// a (m x n, unit row stride) becomes R in its first p = min(m, n) rows, zeros below the diagonal, r_jj >= 0; q (m x p, or
// m x m for a square one; one stride of 1) receives the orthonormal columns. Entries of `a` should be near 1 to some powers:
// their squares are not guarded against overflow.
template <class T>
void blocked_qr(MatrixView<T> a, MatrixView<T> q);

// R alone, of n <= m columns; the signs of its rows as they come.
template <class T>
void blocked_r(MatrixView<T> a);

// The same as blocked_qr for n <= m with the columns that complete Q to a square matrix, m x (m - n), in the place of Q's
// own.
template <class T>
void blocked_complement(MatrixView<T> a, MatrixView<T> rest);

extern template void blocked_qr<float>(MatrixView<float>, MatrixView<float>);
extern template void blocked_qr<double>(MatrixView<double>, MatrixView<double>);
extern template void blocked_r<double>(MatrixView<double>);
extern template void blocked_complement<float>(MatrixView<float>, MatrixView<float>);
extern template void blocked_complement<double>(MatrixView<double>, MatrixView<double>);

}  // namespace mmlcore
