// C = A B or C += A B where the rows of B and C are whole vectors of memory of our own, and A is read in place, by strides:
// register tiles (register_tile.hpp) without the packing and the blocks of product.hpp, which matrices of some dozen rows,
// read from the first two caches, do not pay back.
#pragma once

#include "mmlcore/core/lane_arithmetic.hpp"
#include "mmlcore/eigen/reduction.hpp"
#include "mmlcore/matrices/register_tile.hpp"

namespace mmlcore {

enum class Into { set, add };

namespace detail {

template <class T, Into How, int R, int N>
[[gnu::always_inline]] inline void row_tile(index_t depth, const MatrixView<const T>& a, index_t i, const T* b,
                                            index_t b_stride, T* c, index_t c_stride) {
  using S = Simd<T>;
  RegisterTile<S, R, N> tile;
  tile.clear();
  const auto left = operand::numbers<S>(a.data + i * a.row_stride, a.col_stride, a.row_stride);
  const auto right = operand::vectors<S>(b, b_stride);
  if constexpr (R * N < 8) {
    tile.run_in_two(depth, left, right);
  } else {
    tile.run(depth, left, right);
  }
  T* const to = c + i * c_stride;
  if constexpr (How == Into::set) {
    tile.store(to, c_stride);
  } else {
    tile.add_to(to, c_stride);
  }
}

template <class T, Into How, int N>
inline void row_strip(const MatrixView<const T>& a, const T* b, index_t b_stride, T* c, index_t c_stride) {
  constexpr int R = kRegisters == 32 ? 8 : 4;
  index_t i = 0;
  for (; i + R <= a.rows; i += R) row_tile<T, How, R, N>(a.cols, a, i, b, b_stride, c, c_stride);
  if constexpr (R == 8) {
    if (i + 4 <= a.rows) {
      row_tile<T, How, 4, N>(a.cols, a, i, b, b_stride, c, c_stride);
      i += 4;
    }
  }
  if (i + 2 <= a.rows) {
    row_tile<T, How, 2, N>(a.cols, a, i, b, b_stride, c, c_stride);
    i += 2;
  }
  if (i < a.rows) row_tile<T, How, 1, N>(a.cols, a, i, b, b_stride, c, c_stride);
}

}  // namespace detail

// `columns` numbers of each row of B and C, rounded up to whole vectors; a is (rows of C) x (rows of B).
template <class T, Into How>
void row_product(const MatrixView<const T>& a, PaddedRows<const T> b, PaddedRows<T> c, index_t columns) {
  constexpr index_t W = Simd<T>::width;
  index_t j = 0;
  for (; j + 2 * W < columns; j += 3 * W) detail::row_strip<T, How, 3>(a, b.data + j, b.stride, c.data + j, c.stride);
  if (j + W < columns) {
    detail::row_strip<T, How, 2>(a, b.data + j, b.stride, c.data + j, c.stride);
  } else if (j < columns) {
    detail::row_strip<T, How, 1>(a, b.data + j, b.stride, c.data + j, c.stride);
  }
}

}  // namespace mmlcore
