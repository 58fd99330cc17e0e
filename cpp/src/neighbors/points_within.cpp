#include "mmlcore/neighbors/points_within.hpp"

#include <algorithm>

#include "mmlcore/core/in_rows.hpp"
#include "mmlcore/vectors/difference_tiles.hpp"
#include "squared_distance.hpp"
#include "within.hpp"

namespace mmlcore {
namespace {

template <class T>
PointsWithin<T> by_squares(const MatrixView<const T>& points, const MatrixView<const T>& queries, T radius) {
  const index_t n = points.rows;
  Buffer<T> squares(n + Simd<T>::width);  // read in whole vectors
  Within<T> list(radius);
  return within_by_tasks<T>(queries.rows, queries.rows, [&](index_t first, index_t end, auto& found, std::int64_t* counts) {
    for (index_t i = first; i < end; ++i) {
      all_squares<T>(points, queries.row(i).data, squares.data());
      list.offer_all(squares.data(), n, 0);
      counts[i] = list.move_to(found);
    }
  });
}

}  // namespace

template <class T>
PointsWithin<T> points_within(MatrixView<const T> points, MatrixView<const T> queries, T radius) {
  using distances::Tile;
  constexpr index_t M = Tile<T>::M, N = Tile<T>::N;
  const index_t n = points.rows, d = points.cols;
  Buffer<T> kept;
  queries = in_rows<T>(queries, kept);
  if (queries.rows > 0 && queries.rows <= kFewQueries && (points.col_stride == 1 || points.row_stride == 1))
    return by_squares<T>(points, queries, radius);
  Buffer<T> packed((n + M - 1) / M * M * d);
  distances::pack_points<T>(points, packed.data());
  // Several groups of queries for each strip: it comes from the cache once for all of them.
  const index_t together = N * std::clamp<index_t>(queries.rows / (N * 8 * num_threads()), 1, 8);
  return within_by_tasks<T>(queries.rows, together, [&](index_t first, index_t end, auto& found, std::int64_t* counts) {
    std::vector<Within<T>> lists(end - first, Within<T>(radius));
    Tile<T> tile;
    for (index_t j = 0; j < n; j += M) {
      for (index_t i = first; i < end; i += N) {
        const index_t rows = std::min(N, end - i);
        tile.compute(queries.row(i).data, rows, queries.row_stride, packed.data() + j * d, d);
        for (index_t r = 0; r < rows; ++r) lists[i - first + r].offer_all(tile.values + r * M, std::min(M, n - j), j);
      }
    }
    for (index_t i = first; i < end; ++i) counts[i] = lists[i - first].move_to(found);
  });
}

template PointsWithin<float> points_within<float>(MatrixView<const float>, MatrixView<const float>, float);
template PointsWithin<double> points_within<double>(MatrixView<const double>, MatrixView<const double>, double);

}  // namespace mmlcore
