// The sums of products of few columns of bytes, as dot products of columns: vectors run down the rows, so that none of
// their lanes are empty, as most of a tile of byte_scatter.cpp would be (5000 x 5 in C and in Fortran order, AVX2: 101 and
// 132 us by tiles, 28 and 19 so; 1000 x 20 28 and 55, and 22 and 16; both ways meet at some 36 columns).
//
// Columns of a block of rows become 16-bit numbers one after another, and one column more is all ones: its products are the
// sums of the others. A block fits the first-level cache, and its sums 32 bits.
#pragma once

#include <algorithm>
#include <cstdint>

#include "exact_scatter.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/matrices/register_tile.hpp"
#include "turn_bytes.hpp"

namespace mmlcore {

class NarrowByteScatter {
 public:
  explicit NarrowByteScatter(MatrixView<const std::uint8_t> x)
      : x_(x),
        d_(x.cols),
        columns_(d_ + 1),
        blocks_((x.rows + kRows - 1) / kRows),
        tasks_(std::min(blocks_, kMostTasks)),
        products_(tasks_ * columns_ * columns_) {}

  void run(double* mean, double* scatter) {
    std::fill(products_.begin(), products_.end(), 0);
    const index_t each = (blocks_ + tasks_ - 1) / tasks_, size = columns_ * columns_;
    parallel_tasks(tasks_, [&](index_t task) {
      // Lines beyond the ones are read by the last tiles, and what comes of them by nobody.
      Buffer<Pair> wide((columns_ + R + N) * kStride);
      Buffer<Byte> turned(x_.row_stride == 1 ? 0 : d_ * kRows);
      std::fill(wide.begin(), wide.end(), Pair{0});
      for (index_t b = task * each; b < std::min(blocks_, (task + 1) * each); ++b) {
        add(x_.block(b * kRows, 0, std::min(kRows, x_.rows - b * kRows), d_), turned.data(), wide.data(),
            products_.data() + task * size);
      }
    });
    for (index_t task = 1; task < tasks_; ++task) {
      for (index_t i = 0; i < size; ++i) products_[i] += products_[task * size + i];
    }
    exact_scatter(
        x_.rows, d_, [&](index_t i) { return products_[i * columns_ + d_]; },
        [&](index_t i, index_t j) { return products_[i * columns_ + j]; }, mean, scatter);
  }

 private:
  using Byte = std::uint8_t;
  using Pair = std::int16_t;
  using Words = Simd<std::int32_t>;
  static constexpr int R = 4, N = 3;
  static constexpr index_t W = Words::width, kRows = 512, kStride = kRows + 2 * W, kMostTasks = 64;
  static_assert(kRows * 255 * 255 < (index_t{1} << 31));

  void add(const MatrixView<const Byte>& x, Byte* turned, Pair* wide, std::int64_t* products) const {
    MatrixView<const Byte> from = x;
    if (x.row_stride != 1) {
      const MatrixView<Byte> to{turned, x.rows, d_, 1, kRows};
      if (x.col_stride == 1) {
        turn_bytes(x, to);
      } else {
        for (index_t i = 0; i < x.rows; ++i) {
          for (index_t j = 0; j < d_; ++j) to(i, j) = x(i, j);
        }
      }
      from = {turned, x.rows, d_, 1, kRows};
    }
    const index_t steps = (x.rows + 2 * W - 1) / (2 * W), padded = steps * 2 * W;
    for (index_t j = 0; j <= d_; ++j) {
      Pair* const to = wide + j * kStride;
      if (j < d_) {
        const Byte* const column = &from(0, j);
        for (index_t i = 0; i < x.rows; ++i) to[i] = column[i];
      } else {
        std::fill(to, to + x.rows, Pair{1});
      }
      std::fill(to + x.rows, to + padded, Pair{0});
    }
    const auto* const words = reinterpret_cast<const std::int32_t*>(wide);
    for (index_t i = 0; i < d_; i += R) {
      for (index_t j = i / N * N; j < columns_; j += N) multiply(words, steps, i, j, products);
    }
  }

  // Products of columns from i on with columns from j on.
  void multiply(const std::int32_t* words, index_t steps, index_t i, index_t j, std::int64_t* products) const {
    constexpr index_t line = kStride / 2;
    RegisterTile<Words, R, N, update::DotOfPairs> sums;
    sums.clear();
    sums.run(steps, operand::vectors<Words>(words + i * line, operand::Fixed<W>{}, operand::Fixed<line>{}),
             operand::vectors<Words>(words + j * line, operand::Fixed<W>{}, operand::Fixed<line>{}));
    for (index_t r = 0; r < std::min<index_t>(R, d_ - i); ++r) {
      for (index_t c = 0; c < std::min<index_t>(N, columns_ - j); ++c) {
        products[(i + r) * columns_ + j + c] += Words::sum(sums.sums[r][c]);
      }
    }
  }

  const MatrixView<const Byte> x_;
  const index_t d_, columns_;  // with the ones
  const index_t blocks_, tasks_;
  Buffer<std::int64_t> products_;  // [task][column][column]
};

}  // namespace mmlcore
