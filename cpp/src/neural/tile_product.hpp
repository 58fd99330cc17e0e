// C = A B or C += A B for matrices that lie as the network needs them: B and C in rows of vectors, A in any order.
//
// A tile of kRows x kVecs vectors of C stays in registers while a chunk of the depth runs by; the chunk of B that all tiles
// of a group of columns read stays in the first-level cache. Nothing is packed: rows of B are a few whole cache lines each.
#pragma once

#include <algorithm>

#include "mmlcore/core/simd.hpp"
#include "mmlcore/matrices/register_tile.hpp"

namespace mmlcore::neural {

inline constexpr int kRows = kVectorBytes == 64 ? 6 : 4;
inline constexpr int kVecs = kVectorBytes == 64 ? 4 : 2;
inline constexpr index_t kDepth = 128;

// A matrix by its strides: element (i, k) at data[i * row + k * col].
template <class T>
struct Strided {
  const T* data;
  index_t row, col;
};

template <class T, int R, int N>
inline void tile(Strided<T> a, const T* b, index_t b_row, index_t depth, T* c, index_t c_row, bool add) {
  using S = Simd<T>;
  RegisterTile<S, R, N> sums;
  add ? sums.load(c, c_row) : sums.clear();
  const auto left = operand::numbers<S>(a.data, a.col, a.row);
  const auto right = operand::vectors<S>(b, b_row);
  N == 1 ? sums.run_in_two(depth, left, right) : sums.run(depth, left, right);
  sums.store(c, c_row);
}

template <class T, int N>
inline void rows_of_tiles(index_t m, Strided<T> a, const T* b, index_t b_row, index_t depth, T* c, index_t c_row, bool add) {
  const auto go = [&](auto rows, index_t i) {
    tile<T, rows, N>({a.data + i * a.row, a.row, a.col}, b, b_row, depth, c + i * c_row, c_row, add);
  };
  index_t i = 0;
  for (; i + kRows <= m; i += kRows) go(std::integral_constant<int, kRows>{}, i);
  for (; i + 2 <= m; i += 2) go(std::integral_constant<int, 2>{}, i);
  for (; i < m; ++i) go(std::integral_constant<int, 1>{}, i);
}

// m rows, `vecs` vectors of columns.
template <class T>
void product(index_t m, index_t vecs, index_t depth, Strided<T> a, const T* b, index_t b_row, T* c, index_t c_row,
             bool add) {
  constexpr index_t W = Simd<T>::width;
  for (index_t v = 0; v < vecs;) {
    const index_t n = std::min<index_t>(kVecs, vecs - v);
    for (index_t k = 0; k < depth; k += kDepth) {
      const index_t part = std::min(kDepth, depth - k);
      const Strided<T> left{a.data + k * a.col, a.row, a.col};
      const T* right = b + k * b_row + v * W;
      const bool more = add || k > 0;
      switch (n) {
        case 1:
          rows_of_tiles<T, 1>(m, left, right, b_row, part, c + v * W, c_row, more);
          break;
        case 2:
          rows_of_tiles<T, 2>(m, left, right, b_row, part, c + v * W, c_row, more);
          break;
        case 3:
          rows_of_tiles<T, 3>(m, left, right, b_row, part, c + v * W, c_row, more);
          break;
        default:
          rows_of_tiles<T, kVecs>(m, left, right, b_row, part, c + v * W, c_row, more);
      }
    }
    v += n;
  }
}

}  // namespace mmlcore::neural
