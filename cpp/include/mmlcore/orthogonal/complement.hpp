// What is perpendicular to independent columns: the last m - n columns of the square orthogonal factor of A = Q R, by
// Householder's reflections (Golub and Van Loan, "Matrix computations", 2013, section 5.2.2).
//
// Whether the columns are independent R says on the way: column j adds r_jj to the span of those before it, which is what
// gram_schmidt.hpp measures too.
//
// Cost: 2 m n^2 + 4 m n (m - n) flops.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// a: m x n, 0 < n <= m; to: m x (m - n), contiguous rows. False where a number is not finite, squares may leave the range,
// or a column does not add twice `rtol` of its length: the caller then looks closely.
template <class T>
bool complement(MatrixView<const T> a, double rtol, MatrixView<T> to);

extern template bool complement<float>(MatrixView<const float>, double, MatrixView<float>);
extern template bool complement<double>(MatrixView<const double>, double, MatrixView<double>);

}  // namespace mmlcore
