// How far a square matrix is from its transpose.
//
// Element (i, j) and its mirror image lie n apart in memory. Tile by tile both are in the cache: each number is read once.
// Maxima do not depend on the order: the same bits for every number of threads. Cost 8 n^2 bytes read.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

struct Symmetry {
  double largest = 0;  // max |a_ij|
  double gap = 0;      // max |a_ij - a_ji|
};

// `a` square and finite.
template <class T>
Symmetry symmetry(MatrixView<const T> a);

}  // namespace mmlcore
