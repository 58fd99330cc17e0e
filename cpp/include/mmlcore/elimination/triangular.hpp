// Triangular systems T X = B in place of B, for row-major T and B (unit column stride).
//
// Many right sides are Eigen's: with T = [T11 0; T21 T22], X1 = T11^-1 B1, B2 := B2 - T21 X1, X2 = T22^-1 B2, where the
// middle step, a matrix product, is nearly all the work. Sides do not know of one another, so they are shared out between
// the threads: for 1000 sides of 1000 rows two threads take 1.8 times less than Eigen's one. One right side is a sweep of
// dot products, from 1000 rows on 1.4 to 1.5 times as fast as Eigen's, at par from 32 to 200, where a second path of Eigen's
// would gain nothing (bench/cpp, "triangular system").
//
// Backward stable whatever the order of the sums (Higham, "Accuracy and stability of numerical algorithms", theorem 8.5).
// Cost: n^2 k flops.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// L X = B with a unit lower triangle: the diagonal and what lies above it are not read.
template <class T>
void solve_unit_lower(MatrixView<const T> l, MatrixView<T> b, bool parallel);

// U X = B with an upper triangle: what lies below the diagonal is not read. A zero on the diagonal gives infinities.
template <class T>
void solve_upper(MatrixView<const T> u, MatrixView<T> b, bool parallel);

extern template void solve_unit_lower<float>(MatrixView<const float>, MatrixView<float>, bool);
extern template void solve_unit_lower<double>(MatrixView<const double>, MatrixView<double>, bool);
extern template void solve_upper<float>(MatrixView<const float>, MatrixView<float>, bool);
extern template void solve_upper<double>(MatrixView<const double>, MatrixView<double>, bool);

}  // namespace mmlcore
