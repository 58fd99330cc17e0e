// Scatter matrices of few columns, up to kNarrowScatter, where this is the faster way: all sums in registers.
//
// A block of rows is brought into the first-level cache column by column: W rows are transposed into one vector of W lanes
// a column, less the shift and times the root of the weight, and the roots themselves stand there as one more column, so
// that the products with it are the sums d and the total weight. The products of every pair of columns are then made in
// tiles of kTall x kWide vectors that stay in registers for the whole block:
//
//   C = (r x_0, ..., r x_(n-1), r),   C'C = [[S, d], [d', weight]].
//
// Everything is computed in double, for float32 data too: their products are exact there. Each lane sums over a block,
// blocks are added lane by lane, and ranges of rows in their order, so that no sum is long and the bits do not depend on the
// number of threads. Cost for n columns: about (n + 1)(n + 5) / 2 multiplications a row.
#pragma once

#include "mmlcore/core/views.hpp"
#include "mmlcore/stats/covariance.hpp"

namespace mmlcore {

// Upper triangle of s (n x n), d (n,) and the weight of n = x.cols + (y ? 1 : 0) columns.
template <class T>
double narrow_scatter(MatrixView<const T> x, VectorView<const T> y, const T* shift, Weights weights, double* s, double* d);

extern template double narrow_scatter<float>(MatrixView<const float>, VectorView<const float>, const float*, Weights,
                                             double*, double*);
extern template double narrow_scatter<double>(MatrixView<const double>, VectorView<const double>, const double*, Weights,
                                              double*, double*);

}  // namespace mmlcore
