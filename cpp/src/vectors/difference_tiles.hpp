// Tiles of squared distances: N rows of X by a strip of M points. Private to this folder.
#pragma once

#include <algorithm>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/matrices/product.hpp"

namespace mmlcore::distances {

inline constexpr index_t kChunk = 6144;  // points packed at once: a multiple of every strip

template <class T>
struct Tile {
  using S = Simd<T>;
  static constexpr int V = 3;
  static constexpr index_t M = V * S::width, N = gemm::Shape<T>::N;
  // Coordinates summed in one chain of a register; chains are added, and of many coordinates in float64.
  static constexpr index_t kDepth = 128, kChains = 64 * kDepth;

  alignas(64) T values[N * M];  // row after row

  // The squared distances of `rows` (at most N) rows of x, contiguous, `stride` apart, to the points of a packed strip.
  void compute(const T* x, index_t rows, index_t stride, const T* strip, index_t depth) {
    const T* row[N];
    for (index_t r = 0; r < N; ++r) row[r] = x + std::min(r, rows - 1) * stride;
    if (depth == 0) std::fill(values, values + N * M, T{0});
    if (depth <= kChains) return compute(row, 0, depth, strip);
    double totals[N * M] = {};
    for (index_t from = 0; from < depth; from += kChains) {
      compute(row, from, std::min(depth, from + kChains), strip);
      for (index_t e = 0; e < N * M; ++e) totals[e] += values[e];
    }
    for (index_t e = 0; e < N * M; ++e) values[e] = static_cast<T>(totals[e]);
  }

 private:
  void compute(const T* const* row, index_t first, index_t end, const T* strip) {
    for (index_t from = first; from < end; from += kDepth) {
      add(row, from, std::min(end, from + kDepth), strip, from > first);
    }
  }

  void add(const T* const* row, index_t from, index_t to, const T* strip, bool more) {
    using Vec = typename S::Vec;
    Vec sums[N][V];
#pragma GCC unroll 8
    for (int r = 0; r < N; ++r) {
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) sums[r][v] = Vec{};
    }
    for (index_t k = from; k < to; ++k) {
      Vec points[V];
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) points[v] = S::load(strip + k * M + v * S::width);
#pragma GCC unroll 8
      for (int r = 0; r < N; ++r) {
        const Vec coordinate = S::splat(row[r][k]);
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) {
          const Vec difference = points[v] - coordinate;
          sums[r][v] += difference * difference;
        }
      }
    }
#pragma GCC unroll 8
    for (int r = 0; r < N; ++r) {
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) {
        T* to = values + r * M + v * S::width;
        S::store(to, more ? S::load(to) + sums[r][v] : sums[r][v]);
      }
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

// A view with contiguous rows: the matrix itself, or its copy in `kept`.
template <class T>
MatrixView<const T> in_rows(MatrixView<const T> x, Buffer<T>& kept) {
  if (x.col_stride == 1) return x;
  kept = Buffer<T>(x.rows * x.cols);
  const MatrixView<T> copied = c_order(kept.data(), x.rows, x.cols);
  copy<T>(x, copied);
  return copied;
}

}  // namespace mmlcore::distances
