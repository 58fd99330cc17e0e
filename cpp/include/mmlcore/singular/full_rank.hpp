// A proof, without singular values, that none of them counts as zero.
//
// With f = |A|_F^2, which is at least sigma_max^2, and p = min(m, n): if Cholesky's method gets through
//
//   A'A - delta I,      delta = (4 (m + n) u + 2 rtol^2) f,
//
// in float64, then sigma_min^2 > rtol^2 sigma_max^2: the product is wrong by (m + 2) u f at most, the factor by (p + 2) u f
// (Golub and Van Loan, "Matrix computations", 2013, theorem 4.2.7, with trace A'A = f). Squares take half the digits, so
// that matrices with a condition beyond some 1e6 are not proved to be anything (of float32 up to nearly 1 / rtol); all
// others, most of those that anybody asks about, take n^3 + n^3 / 3 operations instead of some 20 n^3.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kProofSide = 5;  // the shorter side from which it is cheaper than the values

// True: all singular values are larger than rtol times the largest. False says nothing: also for NaN and infinity.
template <class T>
bool surely_full_rank(const MatrixView<const T>& a, double rtol);

extern template bool surely_full_rank<float>(const MatrixView<const float>&, double);
extern template bool surely_full_rank<double>(const MatrixView<const double>&, double);

}  // namespace mmlcore
