// How far a square matrix is from its transpose.
//
// Element (i, j) and its mirror image lie n apart in memory. Squares of vectors from both sides of the diagonal meet in
// registers, one of them transposed: each number is read once, from the cache while a band of rows and its mirror fit.
// Maxima do not depend on the order: the same bits for every number of threads. Cost: n^2 numbers read.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

struct Symmetry {
  double largest = 0;  // max |a_ij|; NaN where a number is not finite
  double gap = 0;      // max |a_ij - a_ji|
};

// `a` square.
template <class T>
Symmetry symmetry(MatrixView<const T> a);

extern template Symmetry symmetry<float>(MatrixView<const float>);
extern template Symmetry symmetry<double>(MatrixView<const double>);

}  // namespace mmlcore
