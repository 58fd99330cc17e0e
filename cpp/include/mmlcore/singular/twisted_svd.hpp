// Singular value decompositions of bidiagonal matrices whose values differ relatively, each from the next: graded ones.
//
// The entries of a bidiagonal B determine all its singular values, small ones too, to high relative accuracy: dqds.hpp finds
// them so. For a value t = s^2 there are two triangular factorizations of B'B - t, from the top and from the bottom, whose
// differential forms lose no digits either (I. S. Dhillon, B. N. Parlett, "Orthogonal eigenvectors and relative gaps", SIAM
// J. Matrix Anal. Appl. 25, 2004). With q_k = d_k^2 and e_k^2 of the entries:
//
//   from the top       D_k = s_k + q_k,              s_{k+1} = s_k e_k^2 / D_k - t,     s_0 = -t
//   from the bottom    E_{k+1} = p_{k+1} + e_k^2,    p_k = p_{k+1} q_k / E_{k+1} - t,   p_{n-1} = q_{n-1} - t
//
// Both meet at any row r, with g_r = s_r + p_r + t left over there: z_r = 1, z_{k-1} = -d_{k-1} e_{k-1} z_k / D_{k-1} above
// it and z_{k+1} = -d_k e_k z_k / E_{k+1} below solve (B'B - t) z = g_r e_r. Where |g_r| is least, z is the right vector y
// to rounding over the relative gap of s^2, and t + g_r / |z|^2 is nearer to s^2 than t. The left vector x is the right one
// of B' with rows and columns in the opposite order, which is upper bidiagonal, too. So every vector costs n operations, and
// no two are ever compared, where divide and conquer on B'B (bidiagonal_svd.hpp) gives values below 1e-8 of the largest no
// vectors at all, and those below a hundredth are turned all with all.
//
// Vectors of a run of near neighbours are made orthogonal by one step, Z - Z (Z'Z - 1) / 2, and so are all whose values are
// rounding of the largest. What was found is checked: residuals of B y - s x, and orthogonality by products of X'X and Y'Y
// with random signs w, for which |(X'X - 1) w|^2 is |X'X - 1|_F^2 in the mean.
//
// Matrices of 100, 200 and 300 rows with values from 1 to 1e-16 in geometric order take 0.6, 3.6 and 10 to 14 ms by it, 2.3,
// 21 and 51 where the small ones are turned; LAPACK 1.3, 6.8 and 18. Orthogonality was at most 0.4 n units of rounding.
//
// Cost: some 30 n^2 operations and 5 n^2 quotients, in lanes of one value each.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// values: descending; columns of left and right (n x n): X and Y. Entries near 1 at most. False, at the cost of n to n^2
// operations, where few values are small or two are near each other, and where the checks fail.
template <class T>
bool twisted_svd(index_t n, const T* d, const T* e, double* values, const MatrixView<T>& left, const MatrixView<T>& right);

extern template bool twisted_svd<float>(index_t, const float*, const float*, double*, const MatrixView<float>&,
                                        const MatrixView<float>&);
extern template bool twisted_svd<double>(index_t, const double*, const double*, double*, const MatrixView<double>&,
                                         const MatrixView<double>&);

}  // namespace mmlcore
