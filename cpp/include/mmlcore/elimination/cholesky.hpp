// Cholesky's factor of a symmetric matrix, A = L L' with a positive diagonal: it exists when A is positive definite, and
// finding it is the cheapest proof of that (Golub and Van Loan, "Matrix computations", 2013, algorithm 4.2.1):
//
//   l_ij = (a_ij - sum_{k<j} l_ik l_jk) / l_jj,  i > j,      l_jj = sqrt(a_jj - sum_{k<j} l_jk^2)
//
// What stands under the root, the pivot, is what the columns before j leave of a_jj; beside a_jj it tells how many digits
// are lost.
//
// `cholesky_small` is written once for a number and for a vector of lanes, for the normal equations of a fit: n up to some
// 16, there 1.2 to 1.8 times as fast as Eigen from 8 on (bench/cpp, "Cholesky"); 3 rows take 14 ns more, for what Eigen's
// has not: lanes, and a say about each pivot. `cholesky` goes on with Eigen's LLT, by blocks, for columns;
// cholesky_batch.hpp has kernels of our own for rows and for stacks.
//
// Cost: n^3 / 3 flops.
#pragma once

#include "mmlcore/core/lane_algebra.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kSmallCholesky = 16;  // rows up to which plain loops take less than Eigen's start

// a(i, j) and l(i, j), j <= i: an entry of A, read once, and a reference to that of L, which may be the same. accept(j,
// whole, pivot) sees a_jj and each pivot, which it may change; nothing more is done, and false returned, once it returns
// false.
template <class V, class Entry, class Lower, class Accept>
inline __attribute__((always_inline)) bool cholesky_small(index_t n, Entry&& a, Lower&& l, Accept&& accept) {
  for (index_t j = 0; j < n; ++j) {
    const V whole = a(j, j);
    V pivot = whole;
    for (index_t k = 0; k < j; ++k) pivot -= l(j, k) * l(j, k);
    if (!accept(j, whole, pivot)) return false;
    const V root = l(j, j) = square_root(pivot), inverse = 1 / root;
    for (index_t i = j + 1; i < n; ++i) {
      V sum = a(i, j);
      for (index_t k = 0; k < j; ++k) sum -= l(i, k) * l(j, k);
      l(i, j) = sum * inverse;
    }
  }
  return true;
}

// L in place of the lower triangle of `a`, whose columns are contiguous; what lies above is not touched. False where A is
// not positive definite, or holds NaN; `a` then holds anything.
bool cholesky(MatrixView<double> a);

// L^-1 in the lower triangle of `inverse`, zeros above; columns contiguous in both.
void invert_lower(MatrixView<const double> l, MatrixView<double> inverse);

// X L' = B in place of B, whose rows are contiguous.
void solve_lower_from_right(MatrixView<const double> l, MatrixView<double> b);

}  // namespace mmlcore
