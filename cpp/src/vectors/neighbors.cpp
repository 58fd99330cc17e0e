#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "difference_tiles.hpp"
#include "mmlcore/vectors/distances.hpp"

namespace mmlcore {
namespace {

// The k nearest of one query so far, nearest first.
template <class T>
struct Nearest {
  T* distance;
  std::int64_t* index;
  index_t k;

  T worst() const { return distance[k - 1]; }
  // Of equal distances the earlier stays in front: points come in ascending order.
  void insert(T value, std::int64_t at) {
    index_t i = k - 1;
    for (; i > 0 && distance[i - 1] > value; --i) {
      distance[i] = distance[i - 1];
      index[i] = index[i - 1];
    }
    distance[i] = value;
    index[i] = at;
  }
};

}  // namespace

template <class T>
bool nearest_neighbors(MatrixView<const T> points, MatrixView<const T> queries, MatrixView<T> distances,
                       MatrixView<std::int64_t> indices) {
  using distances::Tile;
  using S = Simd<T>;
  constexpr index_t M = Tile<T>::M, N = Tile<T>::N;
  const index_t d = points.cols, k = indices.cols;
  if (indices.empty()) return true;
  Buffer<T> kept;
  queries = mmlcore::distances::in_rows<T>(queries, kept);
  std::fill(distances.data, distances.data + queries.rows * k, std::numeric_limits<T>::infinity());
  std::fill(indices.data, indices.data + queries.rows * k, std::int64_t{-1});
  Buffer<T> packed((std::min(mmlcore::distances::kChunk, points.rows) + M - 1) / M * M * d);
  std::atomic<bool> finite{true};
  for (index_t chunk = 0; chunk < points.rows; chunk += mmlcore::distances::kChunk) {
    const index_t count = std::min(mmlcore::distances::kChunk, points.rows - chunk), strips = (count + M - 1) / M;
    mmlcore::distances::pack_points<T>(points.block(chunk, 0, count, d), packed.data());
    parallel_tasks((queries.rows + N - 1) / N, [&](index_t task) {
      const index_t i = task * N, rows = std::min(N, queries.rows - i);
      Tile<T> tile;
      for (index_t p = 0; p < strips; ++p) {
        const index_t j = p * M, cols = std::min(M, count - j);
        tile.compute(&queries(i, 0), rows, queries.row_stride, packed.data() + j * d, d);
        for (index_t r = 0; r < rows; ++r) {
          Nearest<T> nearest{&distances(i + r, 0), &indices(i + r, 0), k};
          const T* values = tile.values + r * M;
          typename S::Vec check{};
          for (int v = 0; v < Tile<T>::V; ++v) check += S::load(values + v * S::width) * 0;
          T sum = 0;
          for (index_t c = 0; c < S::width; ++c) sum += check[c];
          if (!(sum == 0)) finite = false;
          for (int v = 0; v < Tile<T>::V; ++v) {
            if (!S::any(S::load(values + v * S::width) < S::splat(nearest.worst()))) continue;
            for (index_t c = v * S::width; c < std::min<index_t>(cols, (v + 1) * S::width); ++c) {
              if (values[c] < nearest.worst()) nearest.insert(values[c], chunk + j + c);
            }
          }
        }
      }
    });
    if (!finite) return false;
  }
  return true;
}

template bool nearest_neighbors<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>,
                                       MatrixView<std::int64_t>);
template bool nearest_neighbors<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>,
                                        MatrixView<std::int64_t>);

}  // namespace mmlcore
