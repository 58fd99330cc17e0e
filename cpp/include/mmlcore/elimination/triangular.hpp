// Triangular systems T X = B in place of B, for row-major T and B (unit column stride).
//
// Recursive: with T = [T11 0; T21 T22], X1 = T11^-1 B1, B2 := B2 - T21 X1, X2 = T22^-1 B2. The middle step is a matrix
// product, so all but the diagonal blocks of 8 rows runs at its speed; a diagonal block is solved in registers, 8 rows by
// one vector of columns at a time. One right side is a sweep of dot products instead.
//
// Backward stable whatever the order of the sums (Higham, "Accuracy and stability of numerical algorithms", theorem 8.5).
// Cost: n^2 k flops. 1.1 times (one side) to 1.3 times (200 sides) as fast as Eigen's triangularView (bench/cpp).
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
