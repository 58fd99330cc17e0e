// LU decomposition with partial pivoting, P A = L U, and the solutions that follow from it, for one matrix of any size.
//
// The variant is the recursive one (Toledo, "Locality of reference in LU decomposition with partial pivoting", SIAM J.
// Matrix Anal. Appl. 18, 1997). Cut the columns in two halves, A = [A1 A2]:
//
//   factor A1 = P1 [L11; L21] U11                         (recursion)
//   A2 := P1' A2;  U12 = L11^-1 A12                       (row swaps, triangular solve)
//   A22 := A22 - L21 U12                                  (one matrix product: nearly all the work)
//   factor A22 = P2 L22 U22;  L21 := P2' L21              (recursion, row swaps)
//
// The halving makes every product as square as it can be, so a level of blocking needs no tuning. A panel of kPanel columns
// is factored in a small column-major copy, where the pivot search and the updates run down contiguous columns.
//
// Storage is row-major with a padded leading dimension (padded_stride): rows that start at multiples of 4 KiB would all fall
// on the same cache sets, which costs half the speed at n = 512, 1024, 2048.
//
// Backward error: (L + dL)(U + dU) = P A + E with |E| <= gamma_n |L||U| (Higham, "Accuracy and stability of numerical
// algorithms", 2nd ed., theorem 9.3). Cost: 2/3 n^3 flops, scratch one panel. Parallel in the products, solves and swaps.
//
// Beside Eigen's PartialPivLU, of a matrix in columns, on one thread: 1.3 times as fast for 17 rows, at par from 32 to 1000,
// where two threads make it 1.4 times; PartialPivLU of rows, as they are here, takes 1.1 to 1.4 times as long (bench/cpp,
// "LU" and "LU, in rows"). A copy into columns for Eigen's would cost that again, and its sums are not the same for all
// strides.
#pragma once

#include "mmlcore/core/numbers.hpp"

namespace mmlcore {

// Factors `a` (row-major, unit column stride) in place: U on and above the diagonal, the unit lower L below. Row k was
// swapped with row pivots[k] >= k at step k. Returns -1, or the first column whose pivot is exactly zero. Such a column
// needs no elimination, so that the factors are complete for singular matrices too.
template <class T>
index_t lu_factor(MatrixView<T> a, index_t* pivots, bool parallel);

// Solves L U X = P B in place of `b` (n x k, any strides).
template <class T>
void lu_solve(MatrixView<const T> lu, const index_t* pivots, MatrixView<T> b, bool parallel);

enum class Solved { yes, matrix_not_finite, side_not_finite, singular, overflow };
struct Outcome {
  Solved solved = Solved::yes;
  index_t column = -1;  // without a pivot
};

// X = A^-1 B for one matrix, real or complex (complex_lu.hpp): copies A into padded storage, factors, solves; where a pivot
// is zero or near the ends of the range, or X overflows, once more with rows and columns scaled (equilibrate.hpp). `x` may
// not overlap `a` or `b`.
template <Number T>
Outcome try_solve(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> x, bool parallel);

// The same. Throws DomainError on NaN or infinity in A or B, SingularMatrix on an exactly zero pivot or when X overflows.
// `where` is added to messages (" of item 7 of the batch").
template <Number T>
void solve_one(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> x, bool parallel, index_t item);

extern template index_t lu_factor<float>(MatrixView<float>, index_t*, bool);
extern template index_t lu_factor<double>(MatrixView<double>, index_t*, bool);
extern template void lu_solve<float>(MatrixView<const float>, const index_t*, MatrixView<float>, bool);
extern template void lu_solve<double>(MatrixView<const double>, const index_t*, MatrixView<double>, bool);
extern template Outcome try_solve<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>, bool);
extern template Outcome try_solve<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>, bool);
extern template Outcome try_solve<std::complex<float>>(MatrixView<const std::complex<float>>,
                                                       MatrixView<const std::complex<float>>,
                                                       MatrixView<std::complex<float>>, bool);
extern template Outcome try_solve<std::complex<double>>(MatrixView<const std::complex<double>>,
                                                        MatrixView<const std::complex<double>>,
                                                        MatrixView<std::complex<double>>, bool);
extern template void solve_one<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>, bool, index_t);
extern template void solve_one<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>, bool,
                                       index_t);
extern template void solve_one<std::complex<float>>(MatrixView<const std::complex<float>>,
                                                    MatrixView<const std::complex<float>>, MatrixView<std::complex<float>>,
                                                    bool, index_t);
extern template void solve_one<std::complex<double>>(MatrixView<const std::complex<double>>,
                                                     MatrixView<const std::complex<double>>,
                                                     MatrixView<std::complex<double>>, bool, index_t);

}  // namespace mmlcore
