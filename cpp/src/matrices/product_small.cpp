#include "mmlcore/matrices/product_small.hpp"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/in_rows.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/part_of_vector.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/matrices/register_tile.hpp"
#include "small_blocks.hpp"

namespace mmlcore {
namespace {

// A vector of one number is that number: compilers keep the vector in memory.
template <class T>
struct Single {
  using Vec = T;
  static constexpr int width = 1;
  static T load(const T* p) { return *p; }
  static void store(T* p, T x) { *p = x; }
  static T splat(T x) { return x; }
};

// Rows of B whose V-th vector is a part of one.
template <class T, int Bytes, int V>
struct EndingRows {
  const T* at;
  index_t step;
  PartOfVector<T, Bytes> part;
  [[gnu::always_inline]] typename Simd<T, Bytes>::Vec operator()(int i, index_t k) const {
    const T* const from = at + k * step + i * Simd<T, Bytes>::width;
    return i + 1 == V ? part.load(from) : Simd<T, Bytes>::load(from);
  }
};

// Few sums wait for one another: they are taken in two.
template <class S, int R, int V, class Left, class Right>
[[gnu::always_inline]] inline void run(RegisterTile<S, R, V>& tile, index_t depth, const Left& left, const Right& right) {
  if constexpr (R * V < 4) {
    tile.run_in_two(depth, left, right);
  } else {
    tile.run(depth, left, right);
  }
}

// R rows of C, V vectors each; with `Ending` of the last vector only `last` numbers.
template <class T, int Bytes, int V, bool Ending, int R>
void block(const SmallStrides& s, const T* a, const T* b, T* c, index_t last) {
  using S = std::conditional_t<Bytes == int{sizeof(T)}, Single<T>, Simd<T, Bytes>>;
  RegisterTile<S, R, V> tile;
  tile.clear();
  const auto left = operand::numbers<S>(a, s.a_col, s.a_row);
  if constexpr (Ending) {
    const PartOfVector<T, Bytes> part(last);
    run(tile, s.depth, left, EndingRows<T, Bytes, V>{b, s.b_row, part});
    if (s.adds) {
      const auto alpha = S::splat(static_cast<T>(s.alpha)), beta = S::splat(static_cast<T>(s.beta));
      tile.each([&](int r, int v) {
        const T* const at = c + r * s.c_row + v * S::width;
        const auto before = s.beta == 0 ? typename S::Vec{} : v + 1 == V ? part.load(at) : S::load(at);
        tile.sums[r][v] = beta * before + alpha * tile.sums[r][v];
      });
    }
    tile.each([&](int r, int v) {
      T* const at = c + r * s.c_row + v * S::width;
      if (v + 1 == V) {
        part.store(at, tile.sums[r][v]);
      } else {
        S::store(at, tile.sums[r][v]);
      }
    });
  } else {
    run(tile, s.depth, left, operand::vectors<S>(b, s.b_row));
    if (s.adds) return tile.store(c, s.c_row, static_cast<T>(s.alpha), static_cast<T>(s.beta));
    tile.store(c, s.c_row);
  }
}

// The most rows of a block of V vectors: more would only lengthen the code.
template <int V>
inline constexpr int kMostRows = std::min(8, rows_beside(V));

// Blocks of 1, ..., kMostRows rows.
template <class T, int Bytes, int V, bool Ending, int... R>
constexpr std::array<TileKernel<T>, sizeof...(R)> blocks_of(std::integer_sequence<int, R...>) {
  return {&block<T, Bytes, V, Ending, R + 1>...};
}

// Calls f(block, i, j, last, end) for V vectors of columns from j on, which end at `end`: all rows that `part` wants, in as
// few blocks as hold them, of nearly one size.
template <class T, int Bytes, int V, bool Ending, class F>
void columns(index_t rows, index_t j, ProductPart part, index_t last, F&& f) {
  static constexpr auto blocks = blocks_of<T, Bytes, V, Ending>(std::make_integer_sequence<int, kMostRows<V>>{});
  const index_t end = j + V * (Bytes / index_t{sizeof(T)});
  if (part == ProductPart::upper_result) rows = std::min(rows, end);
  index_t left = (rows + kMostRows<V> - 1) / kMostRows<V>;
  for (index_t i = 0; i < rows; --left) {
    const index_t some = (rows - i + left - 1) / left;
    f(blocks[static_cast<std::size_t>(some - 1)], i, j, last, end);
    i += some;
  }
}

// Where there are no parts: by halves, down to one number.
template <class T, int Bytes, class F>
void halves(index_t rows, index_t cols, index_t j, ProductPart part, F&& f) {
  constexpr index_t width = Bytes / index_t{sizeof(T)};
  if (cols - j >= width) {
    columns<T, Bytes, 1, false>(rows, j, part, 0, f);
    j += width;
  }
  if constexpr (Bytes > int{sizeof(T)}) {
    if (j < cols) halves<T, Bytes / 2>(rows, cols, j, part, f);
  }
}

// The blocks of a product: three vectors of columns at a time, then what is left in one pass, whose last vector is a part.
template <class T, class F>
void each_block(index_t rows, index_t cols, ProductPart part, F&& f) {
  constexpr index_t W = Simd<T>::width;
  constexpr int half = std::max(32, kVectorBytes / 2);  // AVX has no smaller parts, and AVX-512 no faster ones
  index_t j = 0;
  for (; j + 3 * W <= cols; j += 3 * W) columns<T, kVectorBytes, 3, false>(rows, j, part, 0, f);
  const index_t left = cols - j, last = left % W;
  if (left == 0) return;
  if (left == 2 * W) return columns<T, kVectorBytes, 2, false>(rows, j, part, 0, f);
  if (left == W) return columns<T, kVectorBytes, 1, false>(rows, j, part, 0, f);
  if constexpr (kHasParts) {
    // Two passes over some rows of A cost less than the empty half of a vector: 0.85 to 0.95 of the time of 50 x 50 x 9
    // to 20.
    if (half < kVectorBytes && rows >= 16 && left > W && last <= half / index_t{sizeof(T)}) {
      left > 2 * W ? columns<T, kVectorBytes, 2, false>(rows, j, part, 0, f)
                   : columns<T, kVectorBytes, 1, false>(rows, j, part, 0, f);
      return columns<T, half, 1, true>(rows, cols - last, part, last, f);
    }
    if (left > 2 * W) return columns<T, kVectorBytes, 3, true>(rows, j, part, last, f);
    if (left > W) return columns<T, kVectorBytes, 2, true>(rows, j, part, last, f);
    if (half < kVectorBytes && left <= half / index_t{sizeof(T)}) return columns<T, half, 1, true>(rows, j, part, last, f);
    columns<T, kVectorBytes, 1, true>(rows, j, part, last, f);
  } else {
    if (left > 2 * W) {
      columns<T, kVectorBytes, 2, false>(rows, j, part, 0, f);
      j += 2 * W;
    }
    halves<T, kVectorBytes>(rows, cols, j, part, f);
  }
}

}  // namespace

template <class T>
ChosenBlocks<T>::ChosenBlocks(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& c)
    : strides_{a.cols, a.row_stride, a.col_stride, b.row_stride, c.row_stride} {
  each_block<T>(c.rows, c.cols, ProductPart::full, [&](TileKernel<T> kernel, index_t i, index_t j, index_t last, index_t) {
    if (count_ < kMost) steps_[count_] = {kernel, i * a.row_stride, j, i * c.row_stride + j, last};
    ++count_;
  });
}

namespace {

template <class T>
void scale_rows(MatrixView<T> c, double beta) {
  for (index_t i = 0; i < c.rows; ++i) {
    for (index_t j = 0; j < c.cols; ++j) c(i, j) = beta == 0 ? T{0} : static_cast<T>(beta) * c(i, j);
  }
}

// C = beta C + alpha A B.
template <class T>
void all_blocks(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, ProductPart part, double alpha, double beta) {
  MMLCORE_ASSERT(a.rows == c.rows && b.cols == c.cols && a.cols == b.rows);
  if (a.cols == 0) return scale_rows(c, beta);  // a sum of nothing, and nothing to point to
  SmallStrides strides{a.cols, a.row_stride, a.col_stride, b.row_stride, c.row_stride, alpha != 1 || beta != 0, alpha, beta};
  each_block<T>(c.rows, c.cols, part, [&](TileKernel<T> block, index_t i, index_t j, index_t last, index_t end) {
    if (part == ProductPart::upper_factor) strides.depth = std::min(a.cols, end);
    block(strides, &a(i, 0), &b(0, j), &c(i, j), last);
  });
}

}  // namespace

template <class T>
Panels<T>::Panels(MatrixView<const T> b) : memory_(b.rows * ((b.cols + kWidth - 1) / kWidth * kWidth)) {
  pack(b);
}

template <class T>
void Panels<T>::pack(MatrixView<const T> b) {
  using S = Simd<T>;
  const index_t whole = b.col_stride == 1 ? b.cols / kWidth * kWidth : 0;
  for (index_t i = 0; i < b.rows && whole > 0; ++i) {  // along the rows, as they lie in memory
    const T* const from = b.row(i).data;
    T* to = memory_.data() + i * kWidth;
    for (index_t j = 0; j < whole; j += kWidth, to += b.rows * kWidth) {
      for (index_t v = 0; v < kWidth; v += S::width) S::store(to + v, S::load(from + j + v));
    }
  }
  for (index_t j = whole; j < b.cols; j += kWidth) {
    const index_t cols = std::min(kWidth, b.cols - j);
    copy<T>(b.block(0, j, b.rows, cols), {memory_.data() + j * b.rows, b.rows, cols, kWidth, 1});
  }
}

template <class T>
void product_of_panels(MatrixView<const T> a, const Panels<T>& b, MatrixView<T> c) {
  const SmallStrides strides{a.cols, a.row_stride, a.col_stride, Panels<T>::kWidth, c.row_stride};
  each_block<T>(c.rows, c.cols, ProductPart::full, [&](TileKernel<T> block, index_t i, index_t j, index_t last, index_t) {
    block(strides, &a(i, 0), b.data() + Panels<T>::column(j, a.cols), &c(i, j), last);
  });
}

template <class T>
void product_small(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, ProductPart part) {
  all_blocks<T>(a, b, c, part, 1, 0);
}

template <class T>
void product_in_blocks(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, int threads, double alpha,
                       double beta) {
  constexpr index_t worth = 100'000;            // multiplications that a second thread pays for
  constexpr index_t kept = index_t{1} << 15;    // numbers of A that stay in the cache beside B
  constexpr index_t packed = index_t{1} << 14;  // numbers of B in panels beside them
  constexpr index_t across = Panels<T>::kWidth, tasks = 16;
  // Columns of A beyond which a few of its rows would fill the first-level cache with lines of which they use a part, and
  // columns of C for which the rows are worth copying (171 to 300 rows in Fortran order: 0.85 to 0.95 of the time at AVX2).
  constexpr index_t deep = 96, often = 48;
  const index_t m = c.rows, k = a.cols, n = c.cols;
  const index_t rows = std::clamp<index_t>(kept / (8 * std::max<index_t>(k, 1)), 3, 24) * 8, down = (m + rows - 1) / rows;
  const bool few = m * k * n < worth || (down == 1 && n < 2 * across);
  const bool packs = !few && m > kTileRows && alpha == 1 && beta == 0 && is_worth_panels(b, c);
  Buffer<T> kept_rows;
  if (!packs) b = in_rows<T>(b, kept_rows);
  if (few) return all_blocks<T>(a, b, c, ProductPart::full, alpha, beta);
  // Blocks depend on the shapes alone: the sums of a block are taken in one order.
  const index_t strips = (n + across - 1) / across, wide = std::clamp<index_t>(tasks / down, 1, strips);
  index_t cols = (strips + wide - 1) / wide * across;
  if (packs) cols = std::min(cols, std::max<index_t>(packed / k / across, 3) * across);
  const index_t along = (n + cols - 1) / cols;
  const bool turns = (k >= deep || packs) && n >= often;
  Buffer<T> straight;
  if (turns && along > 1) a = in_rows<T>(a, straight);
  parallel_tasks(down * along, threads, [&](index_t task) {
    const index_t i = task / along * rows, j = task % along * cols;
    const index_t r = std::min(rows, m - i), w = std::min(cols, n - j);
    Buffer<T> own;
    MatrixView<const T> left = a.block(i, 0, r, k);
    if (turns) left = in_rows<T>(left, own);
    const MatrixView<const T> right = b.block(0, j, k, w);
    if (packs) return product_of_panels<T>(left, Panels<T>(right), c.block(i, j, r, w));
    all_blocks<T>(left, right, c.block(i, j, r, w), ProductPart::full, alpha, beta);
  });
}

template void product_small<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>, ProductPart);
template void product_small<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>, ProductPart);
template void product_in_blocks<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>, int, double,
                                       double);
template void product_in_blocks<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>, int, double,
                                        double);
template class Panels<float>;
template class Panels<double>;
template void product_of_panels<float>(MatrixView<const float>, const Panels<float>&, MatrixView<float>);
template void product_of_panels<double>(MatrixView<const double>, const Panels<double>&, MatrixView<double>);
template class ChosenBlocks<float>;
template class ChosenBlocks<double>;

}  // namespace mmlcore
