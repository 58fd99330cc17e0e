#include "mmlcore/neighbors/nearest_neighbors.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "candidates.hpp"
#include "mmlcore/core/in_rows.hpp"
#include "mmlcore/neighbors/kd_tree.hpp"
#include "mmlcore/vectors/difference_tiles.hpp"
#include "squared_distance.hpp"

namespace mmlcore {
namespace {

// Points for each neighbour wanted: with fewer, too many of them come so near that their differences are asked for.
constexpr index_t kPointsForProduct = 40;

template <class T>
bool all_found(MatrixView<T> distances) {
  bool all = true;
  for (index_t i = 0; i < distances.rows; ++i) all &= std::isfinite(distances(i, distances.cols - 1));
  return all;
}

// Few queries: each number of the points is used too seldom for packing them to pay. All squares, then a look through them.
template <class T>
void by_squares(const MatrixView<const T>& points, const MatrixView<const T>& queries, const MatrixView<T>& distances,
                const MatrixView<std::int64_t>& indices) {
  const index_t n = points.rows;
  Buffer<T> squares(n + Simd<T>::width);  // read in whole vectors
  Candidates<T> list(indices.cols, Simd<T>::width);
  for (index_t q = 0; q < queries.rows; ++q) {
    all_squares<T>(points, queries.row(q).data, squares.data());
    list.clear(std::numeric_limits<T>::max());
    list.offer_nearer(squares.data(), n, 0);
    list.finish(distances.row(q).data, indices.row(q).data);
  }
}

}  // namespace

template <class T>
bool nearest_neighbors(MatrixView<const T> points, MatrixView<const T> queries, MatrixView<T> distances,
                       MatrixView<std::int64_t> indices) {
  using distances::Tile;
  constexpr index_t M = Tile<T>::M, N = Tile<T>::N;
  const index_t n = points.rows, d = points.cols, k = indices.cols;
  if (indices.empty()) return true;
  const bool straight = points.col_stride == 1 || points.row_stride == 1;
  if (straight && queries.rows <= kFewQueries && distances.col_stride == 1) {
    Buffer<T> kept;
    by_squares<T>(points, in_rows<T>(queries, kept), distances, indices);
    return all_found<T>(distances);
  }
  if (KdTree<T>::pays(points, queries.rows, k)) {
    KdTree<T>(points).nearest(queries, distances, indices);
    return true;
  }
  if (d >= kProductFrom && n >= kPointsForProduct * k) {
    neighbors_by_product<T>(points, queries, distances, indices);
    return all_found<T>(distances);
  }
  Buffer<T> kept;
  queries = in_rows<T>(queries, kept);
  clear_lists(distances, indices);
  Buffer<T> packed((std::min(mmlcore::distances::kChunk, points.rows) + M - 1) / M * M * d);
  for (index_t chunk = 0; chunk < points.rows; chunk += mmlcore::distances::kChunk) {
    const index_t count = std::min(mmlcore::distances::kChunk, points.rows - chunk), strips = (count + M - 1) / M;
    mmlcore::distances::pack_points<T>(points.block(chunk, 0, count, d), packed.data());
    // Several groups of queries for each strip: it comes from the third-level cache once for all of them.
    const index_t groups = (queries.rows + N - 1) / N, together = std::clamp<index_t>(groups / (8 * num_threads()), 1, 8);
    parallel_tasks((groups + together - 1) / together, [&](index_t task) {
      const index_t begin = task * together * N, end = std::min(queries.rows, (task + 1) * together * N);
      Lists<T> lists(distances, indices, begin, end, chunk);
      Tile<T> tile;
      for (index_t j = 0; j < count; j += M) {
        const index_t cols = std::min(M, count - j);
        for (index_t i = begin; i < end; i += N) {
          const index_t rows = std::min(N, end - i);
          tile.compute(queries.row(i).data, rows, queries.row_stride, packed.data() + j * d, d);
          for (index_t r = 0; r < rows; ++r) lists[i + r].offer_nearer(tile.values + r * M, cols, chunk + j);
        }
      }
    });
  }
  return all_found<T>(distances);
}

template bool nearest_neighbors<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>,
                                       MatrixView<std::int64_t>);
template bool nearest_neighbors<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>,
                                        MatrixView<std::int64_t>);

}  // namespace mmlcore
