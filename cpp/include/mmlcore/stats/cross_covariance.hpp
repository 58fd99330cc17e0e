// Sums of products of deviations of two data sets with the same points: sum_i (x_i - mean x) (y_i - mean y)'.
//
// The means first, in a pass of their own that also tells how far columns vary; then blocks of rows, centred and widened to
// float64 on their way into the cache, and a product of each block. One matrix of both data sets, of which a corner is
// wanted, costs (d + e)^2 / 2 instead of d e multiplications a point, and a copy of all data.
//
// Ranges of rows depend on the shapes alone and are added in order: the same bits for any number of threads. Cost: 2 n d e
// flops, two readings of the data.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// to: d x e, rows contiguous. squares_x (d) and squares_y (e): sums of squared deviations. What is not finite in the data
// leaves sums that are not.
template <class T>
void cross_scatter(MatrixView<const T> x, MatrixView<const T> y, double* to, double* squares_x, double* squares_y);

extern template void cross_scatter<float>(MatrixView<const float>, MatrixView<const float>, double*, double*, double*);
extern template void cross_scatter<double>(MatrixView<const double>, MatrixView<const double>, double*, double*, double*);

}  // namespace mmlcore
