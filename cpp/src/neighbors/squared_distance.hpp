// The squared distance of two points of many coordinates, and the search that asks for it. Private to this folder.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

template <class T>
T squared_distance_of_block(const T* x, const T* y, index_t n) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  typename S::Vec sums[4] = {};
  index_t i = 0;
  for (; i + 4 * W <= n; i += 4 * W) {
#pragma GCC unroll 4
    for (int c = 0; c < 4; ++c) {
      const auto gap = S::load(x + i + c * W) - S::load(y + i + c * W);
      sums[c] += gap * gap;
    }
  }
  for (; i + W <= n; i += W) {
    const auto gap = S::load(x + i) - S::load(y + i);
    sums[0] += gap * gap;
  }
  T sum = S::sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
  for (; i < n; ++i) sum += (x[i] - y[i]) * (x[i] - y[i]);
  return sum;
}

template <class T>
T squared_distance(const T* x, const T* y, index_t n) {
  return sum_by_blocks<T>(n, [=](index_t i, index_t size) { return squared_distance_of_block(x + i, y + i, size); });
}

inline constexpr index_t kSquaresTogether = 256, kSquaresChain = 128;
inline constexpr index_t kFewQueries = 4;  // up to which the points are not packed: 5102 x 98 and one query 620 us, 240 so

template <class T>
inline constexpr index_t kTurned = 4 * Simd<T>::width;

// Squared distances of n points, `point(0)` onwards, from one query: along the points, or, where these lie side by side,
// along their coordinates, which are summed in chains of kSquaresChain.
template <class T>
void squares_of_block(const MatrixView<const T>& points, const T* query, T* __restrict to, T* __restrict part) {
  const index_t n = points.rows, d = points.cols;
  if (points.col_stride == 1) {
    for (index_t i = 0; i < n; ++i) to[i] = squared_distance<T>(&points(i, 0), query, d);
    return;
  }
  std::fill_n(to, n, T{0});
  for (index_t first = 0; first < d; first += kSquaresChain) {
    std::fill_n(part, n, T{0});
    for (index_t j = first; j < std::min(d, first + kSquaresChain); ++j) {
      const T* const column = &points(0, j);
      for (index_t i = 0; i < n; ++i) {
        const T gap = column[i] - query[j];
        part[i] += gap * gap;
      }
    }
    for (index_t i = 0; i < n; ++i) to[i] += part[i];
  }
}

// The squared distances of all points from one query, by all threads; of points whose rows or columns lie side by side.
// Short rows are turned, so that vectors hold points: the end of each row of 8 float32 had cost more than all the rest
// (one query among 11,000 points 113 -> 43 us, with the search).
template <class T>
void all_squares(const MatrixView<const T>& points, const T* query, T* to) {
  const index_t n = points.rows, d = points.cols, blocks = (n + kSquaresTogether - 1) / kSquaresTogether;
  parallel_ranges(
      blocks, (index_t{1} << 16) / (kSquaresTogether * std::max<index_t>(d, 1)) + 1, [&](index_t begin, index_t end) {
        const bool turns = points.col_stride == 1 && d > 1 && d < kTurned<T>;
        Buffer<T> part(kSquaresTogether), turned(turns ? d * kSquaresTogether : 0);
        for (index_t i = begin * kSquaresTogether; i < std::min(n, end * kSquaresTogether); i += kSquaresTogether) {
          const index_t count = std::min(kSquaresTogether, n - i);
          MatrixView<const T> block = points.block(i, 0, count, d);
          if (turns) {
            const MatrixView<T> columns{turned.data(), count, d, 1, kSquaresTogether};
            copy<T>(block, columns);
            block = columns;
          }
          squares_of_block<T>(block, query, to + i, part.data());
        }
      });
}

// nearest_neighbors by products and refinement (distances.hpp), for points of many coordinates.
template <class T>
void neighbors_by_product(MatrixView<const T> points, MatrixView<const T> queries, MatrixView<T> distances,
                          MatrixView<std::int64_t> indices);

extern template void neighbors_by_product<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>,
                                                 MatrixView<std::int64_t>);
extern template void neighbors_by_product<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>,
                                                  MatrixView<std::int64_t>);

}  // namespace mmlcore
