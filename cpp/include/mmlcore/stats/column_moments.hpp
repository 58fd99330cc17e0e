// Means and sums of squared deviations of each column, in one pass over the data, in place, and without cancellation.
//
// A number s from the middle of the data is subtracted first (Chan, Golub, LeVeque, "Algorithms for computing the sample
// variance", Am. Stat. 37, 1983, eq. 1.7):
//
//   d = sum w (x - s),   q = sum w (x - s)^2,   mean = s + d / W,   squares = q - d^2 / W,   W = sum w.
//
// Where s is far from the mean, the pass is repeated with the mean that was found. All sums run in double, float32 data too,
// in chains over fixed ranges of rows that are added in order: the same bits for any number of threads.
//
// Cost: one reading of the data at the speed of memory, whichever way they lie: rows are added to an array of sums that
// stays in the first-level cache; columns that are contiguous (rows of data in C order, along axis 1) are summed by
// themselves, in blocks with a shift each that are merged.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// Sets mean (cols), low (cols), what rounding took from the mean, and squares (cols); null `squares`: the means alone; null
// `weights`: all 1. Returns the sum of the weights. What is not finite in the data leaves a mean that is not finite.
template <class T>
double column_moments(MatrixView<const T> x, const double* weights, double* mean, double* low, double* squares);

extern template double column_moments<float>(MatrixView<const float>, const double*, double*, double*, double*);
extern template double column_moments<double>(MatrixView<const double>, const double*, double*, double*, double*);

}  // namespace mmlcore
