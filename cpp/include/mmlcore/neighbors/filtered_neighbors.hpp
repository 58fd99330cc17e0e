// Nearest neighbours with a filter: most distances need not be computed.
//
// For a basis V (d x m) of orthonormal columns, m much smaller than d, and a centre c, a point x is written as z = V'(x - c)
// and the length r = |x - c - V z| of what V does not reach. Then, by the triangle inequality in the complement of V,
//
//   |x - y|^2 >= |z_x - z_y|^2 + (r_x - r_y)^2,
//
// the squared distance of the points (z, r) of m + 1 coordinates (Hjaltason and Samet, "Index-driven similarity search in
// metric spaces", ACM TODS 28, 2003, on such contractive maps). So for each query: the bounds of all points, by the tiles
// that distances are made of; the exact distances of the k points of least bound, of which the largest is an upper limit;
// and exact distances for the points whose bound is below it. Where V are the leading components of real data, that
// leaves some hundreds of points; where the data have no structure, all: then the filter gives up after counting them for
// some queries.
//
// Bounds are rounded: `margin` says by how much one may exceed the true squared distance.
//
// Cost: 3 n m flops a query, and 3 d for each point that is left; scratch n (m + 1) and 8 n for each thread.
#pragma once

#include <cstdint>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// out (n x (m + 1), C-ordered): V'(x - c), and the length of the rest. Returns the largest |x - c|.
template <class T>
T reduce_points(MatrixView<const T> x, const T* centre, MatrixView<const T> basis, MatrixView<T> out);

// As nearest_neighbors (distances.hpp); `points` and `queries` in rows, with their reduced forms. False, and nothing of use,
// if more than the share `most` of the points is left for a sample of the queries.
template <class T>
bool filtered_neighbors(MatrixView<const T> points, MatrixView<const T> queries, MatrixView<const T> reduced_points,
                        MatrixView<const T> reduced_queries, T margin, double most, MatrixView<T> distances,
                        MatrixView<std::int64_t> indices);

}  // namespace mmlcore
