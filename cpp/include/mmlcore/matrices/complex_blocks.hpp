// Products of small complex matrices where they lie: blocks of C in registers.
//
// A row of B is a vector of re, im, re, im ... For an entry x + i y of A, x and y times that vector are added to two sums;
// the second is multiplied by i when all is done, which turns each pair of its lanes, (u, v) -> (-v, u). So nothing is
// shuffled within the loop, and no complex number is taken apart. 1.8 to 1.2 times as fast from 48 to 128 rows as products
// of real matrices (complex_product.hpp), which write twice of B before.
#pragma once

#include <algorithm>
#include <array>
#include <utility>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/lane_arithmetic.hpp"
#include "mmlcore/core/numbers.hpp"
#include "mmlcore/core/part_of_vector.hpp"
#include "mmlcore/matrices/register_tile.hpp"

namespace mmlcore {

// All in real numbers.
struct ComplexStrides {
  index_t depth, a_row, a_col, b_row, c_row;
};

namespace detail {

// i times the complex numbers of a vector.
template <class S>
[[gnu::always_inline]] inline typename S::Vec times_i(typename S::Vec v) {
  const auto turned = exchanged<S, 1>(v, std::make_integer_sequence<int, S::width>{});
  const auto odd = numbered<S>(std::make_integer_sequence<int, S::width>{}) & 1;
  return odd != 0 ? turned : -turned;
}

// R rows of C, V vectors each, of the last of which the first `last` numbers. With `Subtract` the sums are taken from C.
template <Real T, int R, int V, bool Subtract>
void complex_block(const ComplexStrides& s, const T* a, const T* b, T* c, index_t last) {
  using S = Simd<T>;
  using Vec = typename S::Vec;
  Vec re[R][V] = {}, im[R][V] = {};
  const PartOfVector<T> part(last);
  for (index_t k = 0; k < s.depth; ++k) {
    const T *from = b + k * s.b_row, *left = a + k * s.a_col;
    Vec columns[V];
#pragma GCC unroll 4
    for (int v = 0; v + 1 < V; ++v) columns[v] = S::load(from + v * S::width);
    columns[V - 1] = part.load(from + (V - 1) * S::width);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const Vec x = S::splat(left[r * s.a_row]), y = S::splat(left[r * s.a_row + 1]);
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) {
        re[r][v] += x * columns[v];
        im[r][v] += y * columns[v];
      }
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      Vec sum = re[r][v] + times_i<S>(im[r][v]);
      T* const at = c + r * s.c_row + v * S::width;
      if (Subtract) sum = (v + 1 == V ? part.load(at) : S::load(at)) - sum;
      v + 1 == V&& last < S::width ? part.store(at, sum) : S::store(at, sum);
    }
  }
}

}  // namespace detail

// The blocks of one shape, for one item or a stack.
template <Complex T, bool Subtract = false>
class ComplexBlocks {
 public:
  using R = RealPart<T>;
  // Shapes and strides alone matter; C is in rows, and so is what `run` is given for B.
  ComplexBlocks(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& c)
      : rows_(c.rows), cols_(2 * c.cols), strides_{a.cols, 2 * a.row_stride, 2 * a.col_stride, 0, 2 * c.row_stride} {
    suits_ = kHasParts && std::max({a.rows, a.cols, b.cols}) <= kMost && a.cols > 0;
  }
  bool suit() const { return suits_; }

  void run(const T* a, const MatrixView<const T>& b, T* c) const {
    ComplexStrides s = strides_;
    s.b_row = 2 * b.row_stride;
    const R *left = reinterpret_cast<const R*>(a), *right = reinterpret_cast<const R*>(b.data);
    R* const to = reinterpret_cast<R*>(c);
    for (index_t j = 0; j < cols_;) {
      const index_t numbers = std::min(cols_ - j, kVectors * W), vectors = (numbers + W - 1) / W;
      const auto& blocks = kTable[static_cast<std::size_t>(vectors - 1)];
      const index_t most = kMostRows[static_cast<std::size_t>(vectors - 1)];
      index_t left_over = (rows_ + most - 1) / most;
      for (index_t i = 0; i < rows_; --left_over) {
        const index_t some = (rows_ - i + left_over - 1) / left_over;
        blocks[static_cast<std::size_t>(some - 1)](s, left + i * s.a_row, right + j, to + i * s.c_row + j,
                                                   numbers - (vectors - 1) * W);
        i += some;
      }
      j += numbers;
    }
  }

 private:
  static constexpr index_t W = Simd<R>::width, kMost = 128;
  static constexpr int kVectors = kRegisters == 32 ? 3 : 2, kRows = 6;
  using Kernel = void (*)(const ComplexStrides&, const R*, const R*, R*, index_t);
  static constexpr int rows_beside_pairs(int V) { return std::min(kRows, (kRegisters - V - 2) / (2 * V)); }
  static constexpr std::array<index_t, 3> kMostRows{rows_beside_pairs(1), rows_beside_pairs(2), rows_beside_pairs(3)};
  template <int V, int... I>
  static constexpr std::array<Kernel, kRows> blocks_of(std::integer_sequence<int, I...>) {
    return {(I < rows_beside_pairs(V) ? &detail::complex_block<R, std::min(I + 1, rows_beside_pairs(V)), V, Subtract>
                                      : nullptr)...};
  }
  static constexpr auto kAll = std::make_integer_sequence<int, kRows>{};
  static constexpr std::array<std::array<Kernel, kRows>, 3> kTable{blocks_of<1>(kAll), blocks_of<2>(kAll),
                                                                   blocks_of<3>(kAll)};

  index_t rows_, cols_;
  ComplexStrides strides_;
  bool suits_;
};

}  // namespace mmlcore
