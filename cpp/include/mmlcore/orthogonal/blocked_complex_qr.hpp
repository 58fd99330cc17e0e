// Householder QR of complex matrices by blocks: nearly all work is matrix products.
//
// As blocked_qr.hpp has real ones. A panel of columns is reflected column by column, real and imaginary parts apart
// (split_columns.hpp). With H_k = I - s_k v_k v_k*,
//
//   H_0 H_1 ... H_{w-1} = I - V T V*,   t_kk = s_k,   t_ik = -s_k sum over i <= l < k of t_il (v_l* v_k)
//
// (Schreiber and Van Loan, SIAM J. Sci. Stat. Comput. 10, 1989), which is applied to the columns on the right, and later to
// diag(phases) to form Q, by products (matrices/complex_product.hpp). The phases make the diagonal of R real.
//
// Cost: 8 m n^2 - 8/3 n^3 real operations for R and as many for Q. Products employ all threads.
#pragma once

#include "mmlcore/core/numbers.hpp"

namespace mmlcore {

// a (m x n, in rows) becomes R in its first p = min(m, n) rows, zeros below the diagonal, r_jj >= 0; q (m x p, or m x m for
// a square one, in rows) receives the orthonormal columns. Entries of `a` should be near 1 to some powers; columns of which
// nothing, or next to nothing, is left are taken.
template <Complex T>
void blocked_complex_qr(MatrixView<T> a, MatrixView<T> q);

extern template void blocked_complex_qr<std::complex<float>>(MatrixView<std::complex<float>>,
                                                             MatrixView<std::complex<float>>);
extern template void blocked_complex_qr<std::complex<double>>(MatrixView<std::complex<double>>,
                                                              MatrixView<std::complex<double>>);

}  // namespace mmlcore
