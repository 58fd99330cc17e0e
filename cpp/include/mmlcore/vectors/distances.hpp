// Distances between the rows of two data sets, without cancellation.
//
// The usual way, |x - y|^2 = |x|^2 + |y|^2 - 2 x'y with one matrix product, loses all digits of points that lie close
// together: at |x| = 1 and a distance of 1e-8 nothing is left of it, and negative squares come out. Here the differences are
// squared and added as the definition says. On processors that add and multiply-add in different units that costs no more
// than the product: the differences of W points to one number are a subtraction and a multiply-add, as many columns as
// registers hold.
//
// The points of Y are packed by strips of columns, so that one vector holds a coordinate of W points; rows of X are read in
// place. kDepth coordinates at a time, so that a strip's part stays in the first-level cache.
//
// Cost: 3 n m d flops; scratch of a chunk of Y.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// Whether two sets are one, so that distances are symmetric.
template <class T>
bool same_points(const MatrixView<const T>& a, const MatrixView<const T>& b) {
  return a.data == b.data && a.rows == b.rows && a.row_stride == b.row_stride && a.col_stride == b.col_stride;
}

// out(i, j) = |x_i - y_j|, or its square; of x with itself half of them are computed. Distances whose squares overflow or
// vanish are computed once more, each at its own scale: a huge row costs the others no digit. `out` with rows in one piece.
template <class T>
void pairwise_distances(MatrixView<const T> x, MatrixView<const T> y, bool squared, MatrixView<T> out);

}  // namespace mmlcore
