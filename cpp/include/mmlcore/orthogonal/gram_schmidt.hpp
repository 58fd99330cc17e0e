// Gram-Schmidt: the columns of A made orthonormal in order, orthogonal to machine precision for every A.
//
// Column j of Q is what column j of A adds to the span of the columns before it, normalized:
//
//   v_j = a_j - sum_{i<j} <q_i, a_j> q_i,    q_j = v_j / ||v_j||,
//
// and zero where a_j adds nothing: ||v_j|| <= rtol ||a_j||. That is the Q of A = Q R with r_jj >= 0. The recurrence as
// written loses orthogonality with the square of A's condition number, its "modified" form with the condition number; so
// neither is what runs. There are two routes:
//
// 1. Cholesky QR, twice (Yamamoto, Nakatsukasa, Yanagisawa, Fukaya, "Roundoff error analysis of the CholeskyQR2 algorithm",
//    ETNA 44, 2015): A'A = R1'R1, Q1 = A R1^-1, Q1'Q1 = R2'R2, Q = Q1 R2^-1. All work is products of tall blocks that fit
//    the second-level cache, three passes over the data. It is taken when the columns, scaled to unit length, have a
//    condition number below kCholeskyCondition, and it certifies itself: Q1'Q1 is computed, must be near I, and when it is I
//    to rounding, Q1 is the result. Cost: 3 m n^2 flops. 1.8 to 4.5 times as fast as Eigen's HouseholderQR (bench/cpp).
//
// 2. Householder QR of row blocks, then of their triangles ("TSQR", Demmel, Grigori, Hoemmen, Langou, "Communication-optimal
//    parallel and sequential QR and LU", SIAM J. Sci. Comput. 34, 2012): A = Q0 R0 with Q0 orthogonal whatever A is. The
//    decision which columns depend on earlier ones is taken on the small R0, column by column in order, by Gram-Schmidt
//    with reorthogonalization until a pass takes away less than half ("twice is enough": Giraud, Langou, Rozloznik, van den
//    Eshof, Numer. Math. 101, 2005); then Q = Q0 U. Columns are scaled by powers of two first, so that neither 1e-300 nor
//    1e300 matters. Cost: 6 m n^2 flops.
//
// Cholesky QR alone, its shifted form, and twice-iterated Gram-Schmidt on the tall matrix all fail on dependent or zero
// columns.
//
// Complex columns take the second route, <q, a> = q* a, with Eigen's blocked reflections in the place of ours.
#pragma once

#include <cmath>
#include <limits>

#include "mmlcore/core/errors.hpp"
#include "mmlcore/core/numbers.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr double kCholeskyCondition = 300;

// What counts as dependent unless the caller says: 16 u (n + log2 m).
template <Real T>
double default_rtol(index_t m, index_t n) {
  const double unit = std::numeric_limits<T>::epsilon();
  return 16 * unit * (static_cast<double>(n) + std::log2(static_cast<double>(m > 0 ? m : 1)));
}

// q (m x n, unit column stride) receives the orthonormal columns; norms[j] = ||v_j||, 0 for a dependent column. The result
// does not depend on the number of threads. Throws DomainError on NaN or infinity in `a`. `q` may not overlap `a`.
template <class T>
void gram_schmidt(MatrixView<const T> a, MatrixView<T> q, RealPart<T>* norms, double rtol);

#define MMLCORE_EXTERN(T) extern template void gram_schmidt<T>(MatrixView<const T>, MatrixView<T>, RealPart<T>*, double)
MMLCORE_EXTERN(float);
MMLCORE_EXTERN(double);
MMLCORE_EXTERN(std::complex<float>);
MMLCORE_EXTERN(std::complex<double>);
#undef MMLCORE_EXTERN

// The two routes. cholesky_qr returns false, q then holding anything, when it cannot certify its result or a
// column counts as dependent; it also gives R, if wanted.
template <class T>
bool cholesky_qr(MatrixView<const T> a, MatrixView<T> q, T* norms, double rtol, const MatrixView<T>* r = nullptr);
// An entry of R; columns of R are as long as those of A, which may be longer than the largest number.
template <class T>
T entry_of_r(T x) {
  if (nothing(x) != 0) throw DomainError("A: an entry of R leaves the range of numbers; divide A by a constant.");
  return x;
}
// Q (m x p) and R (p x n) of A = Q R with r_jj >= 0 for every A, p = min(m, n), or p = m for a square Q.
template <class T>
void householder_qr(MatrixView<const T> a, MatrixView<T> q, MatrixView<T> r);
template <class T>
void householder_gram_schmidt(MatrixView<const T> a, MatrixView<T> q, RealPart<T>* norms, double rtol);

extern template bool cholesky_qr<float>(MatrixView<const float>, MatrixView<float>, float*, double,
                                        const MatrixView<float>*);
extern template bool cholesky_qr<double>(MatrixView<const double>, MatrixView<double>, double*, double,
                                         const MatrixView<double>*);
#define MMLCORE_EXTERN(T)                                                                    \
  extern template void householder_qr<T>(MatrixView<const T>, MatrixView<T>, MatrixView<T>); \
  extern template void householder_gram_schmidt<T>(MatrixView<const T>, MatrixView<T>, RealPart<T>*, double)
MMLCORE_EXTERN(float);
MMLCORE_EXTERN(double);
MMLCORE_EXTERN(std::complex<float>);
MMLCORE_EXTERN(std::complex<double>);
#undef MMLCORE_EXTERN

}  // namespace mmlcore
