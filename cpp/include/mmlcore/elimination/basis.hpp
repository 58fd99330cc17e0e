// Vectors and maps as a basis sees them, its vectors being the columns of B: c with B c = x, and B^-1 A B. Both by
// elimination, without an inverse (Higham, "Accuracy and stability of numerical algorithms", 2002, section 14.1).
//
// Coordinates have to be those in a basis. Whether columns are one is a matter of their directions: of B D with D =
// diag(1 / |b_j|), the smallest singular value s must be above `rtol` times the largest, which is at most sqrt(n). A
// singular value decomposition would cost twenty times the solution; some right sides more tell it nearly always
// (random_sides.hpp): eight in float64, where a wrong answer has a probability below 6e-14, sixteen in float32, where it is
// 1e-12. Where they leave it open, the inverse says more, for three times the work: s >= 1 / |(B D)^-1| in Frobenius' norm;
// up to eight columns it costs no more.
//
// Cost: 2/3 n^3 + 2 (k + 8) n^2 operations for k vectors in float64, 14/3 n^3 for a map.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// x: vectors of length n as rows; b: n x n, n > 0; to: a row of coordinates for each vector, contiguous. False where the
// columns are not certainly independent, a number is not finite, or a result overflows: the caller then looks closely.
template <class T>
bool coordinates(const MatrixBatch<const T>& x, MatrixView<const T> b, double rtol, T* to);

// B^-1 A B for stacks of equal count, n > 0. False where elimination finds no pivot, a number is not finite, or a result
// overflows.
template <class T>
bool change_basis(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& to);

extern template bool coordinates<float>(const MatrixBatch<const float>&, MatrixView<const float>, double, float*);
extern template bool coordinates<double>(const MatrixBatch<const double>&, MatrixView<const double>, double, double*);
extern template bool change_basis<float>(const MatrixBatch<const float>&, const MatrixBatch<const float>&,
                                         const MatrixBatch<float>&);
extern template bool change_basis<double>(const MatrixBatch<const double>&, const MatrixBatch<const double>&,
                                          const MatrixBatch<double>&);

}  // namespace mmlcore
