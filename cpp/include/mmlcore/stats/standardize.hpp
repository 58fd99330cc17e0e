// Columns shifted and divided: (x - mean) / scale, in one pass.
//
// The mean comes as the sum of two numbers, so that a column far from the origin keeps the digits that it has: x - mean is
// exact where they are near each other (Sterbenz), and what rounding took from the mean is subtracted after. All in double,
// float32 data too; the quotient is rounded once more for them.
//
// Cost: one reading and one writing, whichever way the data lie. Three passes of numpy (mean aside) become one.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// Sets to(i, j) = ((x(i, j) - mean[j]) - low[j]) / scale[j]; null `mean` and `low`: 0; null `scale`: 1. `to` may be x
// itself.
template <class T>
void scale_columns(MatrixView<const T> x, const double* mean, const double* low, const double* scale, MatrixView<T> to);

// Whether every number of the columns for which `chosen` holds is zero.
template <class T>
bool all_zero(MatrixView<const T> x, const bool* chosen);

extern template void scale_columns<float>(MatrixView<const float>, const double*, const double*, const double*,
                                          MatrixView<float>);
extern template void scale_columns<double>(MatrixView<const double>, const double*, const double*, const double*,
                                           MatrixView<double>);
extern template bool all_zero<float>(MatrixView<const float>, const bool*);
extern template bool all_zero<double>(MatrixView<const double>, const bool*);

}  // namespace mmlcore
