// Singular value decompositions of complex matrices, A = U diag(s) V*, of one or a stack: by the bidiagonal form, which is
// real, and the decomposition of real matrices.
//
// With m >= n (else A* is taken), Householder's reflections from both sides leave a diagonal d and numbers f above it,
//
//   H_{n-1} ... H_0 A G_0 ... G_{n-2} = C,   c_kk = d_k,  c_k,k+1 = f_k   (G. H. Golub, W. Kahan, SIAM J. Numer. Anal. 2,
//   1965)
//
// and numbers of size 1 in front of its rows and behind its columns make C a real B: psi_0 = 1, phi_k the phase of d_k
// psi_k, psi_k+1 that of conj(f_k) phi_k, C = diag(phi) B diag(psi)*. With B = X diag(s) Y' by svd.hpp, U = H_0 H_1 ...
// diag(phi) X and V = G_0 G_1 ... diag(psi) Y. In the type's own
// arithmetic, of few columns in float64 for complex64 too.
//
// Of more than kLaneSide columns by complex_bidiagonal.hpp, which goes along rows, and the reflections in blocks
// (eigen/back_transformation.hpp): values alone in half of LAPACK's time, with vectors 1.7 times as fast for 20 to 30
// columns, 1.5 for 100 and 1.15 for 400. Where rows or columns are graded, of more than 72 columns, LAPACK is asked at once.
//
// Cost: 16 m n^2 real operations for B, twice that with vectors, beside what a real n x n matrix takes.
#pragma once

#include "mmlcore/core/numbers.hpp"

namespace mmlcore {

// values: count x p, p = min(m, n), each descending, of the matrices divided by 2^powers[i]. Columns of `left` (m x p or
// m x m) and `right` (n x p or n x n), if not null. `wider`: in float64 whatever the type, as ranks ask for; else complex64
// of more than kLaneSide columns goes by float32. False for NaN or infinity, or where it does not end. Nothing is empty.
template <Complex T>
bool complex_svd(const MatrixBatch<const T>& a, double* values, int* powers, const MatrixBatch<T>* left,
                 const MatrixBatch<T>* right, bool wider);

// The leading entry of each column of `right` becomes real and positive (core/signs.hpp), and the column of `left` turns
// with it.
template <Complex T>
void point_complex_pairs(const MatrixView<T>& left, const MatrixView<T>& right);

#define MMLCORE_EXTERN(T)                                                                                \
  extern template bool complex_svd<T>(const MatrixBatch<const T>&, double*, int*, const MatrixBatch<T>*, \
                                      const MatrixBatch<T>*, bool);                                      \
  extern template void point_complex_pairs<T>(const MatrixView<T>&, const MatrixView<T>&)
MMLCORE_EXTERN(std::complex<float>);
MMLCORE_EXTERN(std::complex<double>);
#undef MMLCORE_EXTERN

}  // namespace mmlcore
