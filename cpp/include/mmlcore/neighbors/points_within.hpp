// All points within a distance r of each query, exactly: the root of every sum of squared differences is compared with r.
//
// A root is what is compared, not a square: |q - x| as rounded is at most r, or it is not, as for who asks all distances and
// compares. A vector of squares is first compared with a bound that none of them passes whose root rounds to r,
//
//   s <= r^2 (1 + 4 u') + denorm_min,  u' = epsilon,
//
// and only what is left has its root taken; the pairs (distance, index) of a query are then sorted, so that of equal
// distances the lower index comes first, also where two squares have one root.
//
// Squares come by the tiles of nearest_neighbors.hpp; up to kFewQueries along the points where they lie, since packing these
// does not pay (squared_distance.hpp). Cost: 3 n q d operations, m log m for m found; scratch of the size of the points.
// Five queries among 40 points of the plane take 2 us with the call, against 16 by an array of all distances.
#pragma once

#include <cstdint>
#include <vector>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// Rows of points within some distance of each query: those of query i are offsets[i] to offsets[i + 1], nearest first.
template <class T>
struct PointsWithin {
  std::vector<T> distances;
  std::vector<std::int64_t> indices, offsets;
};

// Of finite points and queries whose squared differences do not overflow. A distance whose square is below the range of
// full precision is not told from smaller ones: a KdTree's `within` is the same.
template <class T>
PointsWithin<T> points_within(MatrixView<const T> points, MatrixView<const T> queries, T radius);

extern template PointsWithin<float> points_within<float>(MatrixView<const float>, MatrixView<const float>, float);
extern template PointsWithin<double> points_within<double>(MatrixView<const double>, MatrixView<const double>, double);

}  // namespace mmlcore
