#include "mmlcore/stats/byte_scatter.hpp"

#include <algorithm>
#include <cstring>

#include "exact_scatter.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/matrices/product_tiles.hpp"
#include "mmlcore/matrices/register_tile.hpp"
#include "narrow_byte_scatter.hpp"
#include "turn_bytes.hpp"

namespace mmlcore {
namespace {

using Byte = std::uint8_t;
using Word = std::int32_t;  // several rows of a column
using Words = Simd<Word>;
using Shape = gemm::Shape<float>;  // words are as wide
constexpr index_t M = Shape::M, N = gemm::kNarrow<float>, W = Shape::W;

// Two rows to a word, 16 bits each.
struct Pairs {
  using Update = update::DotOfPairs;
  static constexpr index_t rows = 2;
  static Word word(const Byte* x, index_t stride) { return x[0] | x[stride] << 16; }

  // Each of the numbers minus 128.
  static void lower(const Word* from, Word* to) {
    std::int16_t numbers[2 * N];
    std::memcpy(numbers, from, sizeof numbers);
    for (std::int16_t& x : numbers) x = static_cast<std::int16_t>(x - 128);
    std::memcpy(to, numbers, sizeof numbers);
  }
};

#ifdef __AVX512F__
// Four rows to a word, a byte each. The level does not promise VNNI: see `byte_scatter`.
struct Quads {
  using Update = update::DotOfBytes;
  static constexpr index_t rows = 4;
  static Word word(const Byte* x, index_t stride) {
    return static_cast<Word>(x[0] | x[stride] << 8 | x[2 * stride] << 16 | std::uint32_t{x[3 * stride]} << 24);
  }
  static void lower(const Word* from, Word* to) {
    for (index_t c = 0; c < N; ++c) to[c] = from[c] ^ static_cast<Word>(0x80808080);
  }
};
#endif

constexpr index_t kNarrowBytes = 32;

template <class Dot>
class ByteScatter {
 public:
  explicit ByteScatter(MatrixView<const Byte> x)
      : x_(x),
        n_(x.cols),
        wide_((n_ + M - 1) / M),
        narrow_((n_ + N - 1) / N),
        a_(wide_ * kStrideA),
        b_(narrow_ * kStrideB),
        columns_(kRows / kChunk * n_),
        sums_(n_),
        products_(n_ * n_) {}

  void run(double* mean, double* scatter) {
    std::fill(sums_.begin(), sums_.end(), 0);
    std::fill(products_.begin(), products_.end(), 0);
    for (index_t first = 0; first < x_.rows; first += kRows) slice(first, std::min(kRows, x_.rows - first));
    // The wide strip, which is j's, came as it is, the narrow one minus 128.
    exact_scatter(
        x_.rows, n_, [&](index_t i) { return sums_[i]; },
        [&](index_t i, index_t j) { return products_[i * n_ + j] + 128 * sums_[j]; }, mean, scatter);
  }

 private:
  // Rows of a slice: sums of so many products stay within 32 bits, and a narrow strip within half of the first-level cache.
  static constexpr index_t kDepth = 512, kRows = kDepth * Dot::rows, kChunk = 64;
  static_assert(kRows * 255 * 128 < (index_t{1} << 31));
  // A line of the cache between strips, that they do not fall on the same sets of it.
  static constexpr index_t kLine = 16, kStrideA = kDepth * M + kLine, kStrideB = kDepth * N + kLine;

  void slice(index_t first, index_t rows) {
    const index_t chunks = (rows + kChunk - 1) / kChunk;
    parallel_tasks(chunks, [&](index_t g) {
      pack(first + g * kChunk, std::min(kChunk, rows - g * kChunk), g * kChunk / Dot::rows, columns_.data() + g * n_);
    });
    for (index_t g = 0; g < chunks; ++g) {
      for (index_t j = 0; j < n_; ++j) sums_[j] += columns_[g * n_ + j];
    }
    const index_t depth = (rows + Dot::rows - 1) / Dot::rows;
    // The strips with most tiles first: threads then end at about the same time.
    parallel_tasks(wide_, [&](index_t task) {
      const index_t p = wide_ - 1 - task;
      gemm::tiles_below_diagonal<float>(n_, p, [&](index_t q, index_t above, auto vectors) {
        multiply<vectors>(depth, a_.data() + p * kStrideA + above * W, b_.data() + q * kStrideB, p * M + above * W, q * N);
      });
    });
  }

  // Rows first ... of the data to words of the strips from `to` on, and their sums to `column`.
  void pack(index_t first, index_t rows, index_t to, std::uint32_t* column) {
    Buffer<Byte> scratch(kChunk * n_);
    MatrixView<const Byte> x = x_.block(first, 0, rows, n_);
    const bool whole = rows % Dot::rows == 0;
    if (x.col_stride != 1 || !whole) {  // rows of zeros fill the last word
      const MatrixView<Byte> rest = c_order(scratch.data(), kChunk, n_);
      if (!whole) std::fill(scratch.begin(), scratch.end(), Byte{0});
      if (x.row_stride == 1) {
        turn_bytes(x.transposed(), rest.block(0, 0, rows, n_).transposed());
      } else {
        for (index_t j = 0; j < n_; ++j) {
          for (index_t i = 0; i < rows; ++i) rest(i, j) = x(i, j);
        }
      }
      x = rest.block(0, 0, (rows + Dot::rows - 1) / Dot::rows * Dot::rows, n_);
    }
    std::fill(column, column + n_, 0);
    for (index_t i = 0; i < x.rows; ++i) {
      const Byte* row = x.row(i).data;
      for (index_t j = 0; j < n_; ++j) column[j] += row[j];
    }
    for (index_t i = 0; i < x.rows; i += Dot::rows, ++to) {
      const Byte* row = x.row(i).data;
      for (index_t p = 0; p < wide_; ++p) {
        Word* words = a_.data() + p * kStrideA + to * M;
        const index_t j = p * M, width = std::min(M, n_ - j);
        if (width == M) {
          for (index_t c = 0; c < M; ++c) words[c] = Dot::word(row + j + c, x.row_stride);
        } else {
          for (index_t c = 0; c < width; ++c) words[c] = Dot::word(row + j + c, x.row_stride);
          std::fill(words + width, words + M, 0);
        }
      }
      for (index_t q = 0; q < narrow_; ++q) {
        Dot::lower(a_.data() + q * N / M * kStrideA + to * M + q * N % M, b_.data() + q * kStrideB + to * N);
      }
    }
  }

  // The product of a wide strip and a narrow one added to the sums at (i, j), column by column: row by row above the
  // diagonal.
  template <int MV>
  void multiply(index_t depth, const Word* a, const Word* b, index_t i, index_t j) {
    RegisterTile<Words, static_cast<int>(N), MV, typename Dot::Update> sums;
    sums.clear();
    sums.run(depth, operand::numbers<Words>(b, operand::Fixed<N>{}), operand::vectors<Words>(a, operand::Fixed<M>{}));
    Word tile[N][MV * W];
    sums.store(tile[0], MV * W);
    const index_t rows = std::min<index_t>(MV * W, n_ - i), cols = std::min(N, n_ - j);
    for (index_t c = 0; c < cols; ++c) {
      std::int64_t* to = products_.data() + (j + c) * n_ + i;
      for (index_t r = 0; r < rows; ++r) to[r] += tile[c][r];
    }
  }

  const MatrixView<const Byte> x_;
  const index_t n_, wide_, narrow_;
  Buffer<Word> a_, b_;  // strips of M columns, and of N minus 128: [strip][word][column]
  Buffer<std::uint32_t> columns_;
  Buffer<std::int64_t> sums_, products_;
};

}  // namespace

void byte_scatter(MatrixView<const Byte> x, double* mean, double* scatter) {
  if (x.cols <= kNarrowBytes) return NarrowByteScatter(x).run(mean, scatter);
#ifdef __AVX512F__
  if (__builtin_cpu_supports("avx512vnni")) return ByteScatter<Quads>(x).run(mean, scatter);
#endif
  ByteScatter<Pairs>(x).run(mean, scatter);
}

}  // namespace mmlcore
