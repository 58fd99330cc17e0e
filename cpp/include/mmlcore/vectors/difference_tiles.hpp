// Tiles of squared distances: N rows of X by a strip of M points.
//
// A difference needs a register of its own while it is squared, one more than a product: six rows by two vectors leave it
// one of AVX2's 16, four by three did not, and a sum went to memory at each step (96 points of 1000 coordinates to 96 others
// 1013 -> 530 us; a product of that size takes 489 us in OpenBLAS).
#pragma once

#include <algorithm>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/matrices/register_tile.hpp"

namespace mmlcore::distances {

inline constexpr index_t kChunk = 6144;  // points packed at once: a multiple of every strip

template <class T>
struct Tile {
  using S = Simd<T>;
  static constexpr int V = kRegisters == 32 ? 3 : 2;
  static constexpr index_t M = V * S::width, N = kRegisters == 32 ? 8 : 6;
  // Coordinates summed in one chain of a register; chains are added, and of many coordinates in float64.
  static constexpr index_t kDepth = 128, kChains = 64 * kDepth;

  alignas(64) T values[N * M];  // row after row

  // The squared distances of `rows` (at most N) rows of x, contiguous, `stride` apart, to the points of a packed strip.
  void compute(const T* x, index_t rows, index_t stride, const T* strip, index_t depth) {
    RowsOfX of_x;
    for (index_t r = 0; r < N; ++r) of_x.row[r] = x + std::min(r, rows - 1) * stride;
    if (depth == 0) std::fill(values, values + N * M, T{0});
    if (depth <= kChains) return compute(of_x, 0, depth, strip);
    double totals[N * M] = {};
    for (index_t from = 0; from < depth; from += kChains) {
      compute(of_x, from, std::min(depth, from + kChains), strip);
      for (index_t e = 0; e < N * M; ++e) totals[e] += values[e];
    }
    for (index_t e = 0; e < N * M; ++e) values[e] = static_cast<T>(totals[e]);
  }

 private:
  using RowsOfX = operand::NumbersOfRows<S, T, static_cast<int>(N)>;

  void compute(RowsOfX rows, index_t first, index_t end, const T* strip) {
    for (index_t from = first; from < end; from += kDepth) {
      rows.first = from;
      RegisterTile<S, static_cast<int>(N), V, update::SquaredDifference> tile;
      tile.clear();
      tile.run(std::min(kDepth, end - from), rows, operand::vectors<S>(strip + from * M, operand::Fixed<M>{}));
      from == first ? tile.store(values, M) : tile.add_to(values, M);
    }
  }
};

// Rows of `y` packed by strips of M points: [strip][coordinate][point].
template <class T>
void pack_points(MatrixView<const T> y, T* out) {
  constexpr index_t M = Tile<T>::M;
  parallel_tasks((y.rows + M - 1) / M, [&](index_t p) {
    const index_t first = p * M, count = std::min(M, y.rows - first);
    gemm::pack_strip<T>(y.block(first, 0, count, y.cols), static_cast<int>(M), out + first * y.cols);
  });
}

}  // namespace mmlcore::distances
