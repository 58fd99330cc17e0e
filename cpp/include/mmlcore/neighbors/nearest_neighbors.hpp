// The nearest points of each query among all, exactly: every squared difference is computed, or bounded from below.
//
// Neighbours: the same tiles, for chunks of points in ascending order; a tile is compared with the worst of each query's
// list and what is nearer is inserted. From kProductFrom coordinates on, tiles of |x|^2 + |y|^2 - 2 x'y, whose rounding is
// bounded, choose the points whose exact distance is computed: a multiply-add for each coordinate, and few exact
// distances. Ties go to the lower index, and the result does not depend on the number of threads.
//
// Cost: 3 n q d flops; scratch of a chunk of the points.
#pragma once

#include <cstdint>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kProductFrom = 48;  // coordinates from which the refinement costs less than the subtractions

// The k rows of `points` nearest to each query, nearest first: squared distances and indices, both (queries, k), C-ordered,
// of finite numbers. A point whose square overflows is near nobody: where fewer than k are left, the last have distance
// infinity and index -1, and the result is false.
template <class T>
bool nearest_neighbors(MatrixView<const T> points, MatrixView<const T> queries, MatrixView<T> distances,
                       MatrixView<std::int64_t> indices);

}  // namespace mmlcore
