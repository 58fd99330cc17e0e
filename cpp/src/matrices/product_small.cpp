#include "mmlcore/matrices/product_small.hpp"

#include <algorithm>
#include <type_traits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/matrices/matrix_vector.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/matrices/product_tall.hpp"
#include "mmlcore/matrices/register_tile.hpp"

namespace mmlcore {
namespace {

// Numbers of a stack that are copied at a time: half of a first-level cache.
constexpr index_t kCopied = 2048;

// Rows of C held in registers at once, for blocks of 3 vectors: as in the large product.
constexpr int kRows = kVectorBytes == 64 ? 8 : 4;

// A vector of one number is that number: compilers keep the vector in memory.
template <class T>
struct Single {
  using Vec = T;
  static constexpr int width = 1;
  static T load(const T* p) { return *p; }
  static void store(T* p, T x) { *p = x; }
  static T splat(T x) { return x; }
};

// R rows of C, V vectors each, of `depth` columns of A and rows of B.
template <class T, int Bytes, int V, int R>
[[gnu::always_inline]] inline void block(index_t depth, const T* a, index_t a_row, index_t a_col, const T* b, index_t b_row,
                                         T* c, index_t c_row) {
  using S = std::conditional_t<Bytes == int{sizeof(T)}, Single<T>, Simd<T, Bytes>>;
  RegisterTile<S, R, V> tile;
  tile.clear();
  tile.run(depth, operand::numbers<S>(a, a_col, a_row), operand::vectors<S>(b, b_row));
  tile.store(c, c_row);
}

// A function of its own: where many blocks are inlined the compiler runs out of registers for the strides and loads them in
// the loops. For one vector the call would cost more.
template <class T, int V, int R>
[[gnu::noinline]] void wide_block(index_t depth, const T* a, index_t a_row, index_t a_col, const T* b, index_t b_row, T* c,
                                  index_t c_row) {
  block<T, kVectorBytes, V, R>(depth, a, a_row, a_col, b, b_row, c, c_row);
}

// The rows from i on, columns j ... j + V vectors.
template <class T, int Bytes, int V, int R = kRows>
[[gnu::always_inline]] inline void rows_of_block(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, index_t i,
                                                 index_t j) {
  for (; i + R <= c.rows; i += R) {
    const auto f = V == 1 ? block<T, Bytes, V, R> : wide_block<T, V, R>;
    f(a.cols, &a(i, 0), a.row_stride, a.col_stride, &b(0, j), b.row_stride, &c(i, j), c.row_stride);
  }
  if constexpr (R > 1) {
    if (i < c.rows) rows_of_block<T, Bytes, V, R / 2>(a, b, c, i, j);
  }
}

// The columns j ... j + V vectors of C, as far as `part` wants them.
template <class T, int Bytes, int V>
[[gnu::always_inline]] inline void columns(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, index_t j,
                                           ProductPart part) {
  const index_t end = j + V * Simd<T, Bytes>::width;
  if (part == ProductPart::upper_result) c.rows = std::min(c.rows, end);
  if (part == ProductPart::upper_factor) a.cols = std::min(a.cols, end);
  rows_of_block<T, Bytes, V>(a, b, c, 0, j);
}

// The columns from j on that do not fill a vector of `Bytes` bytes: by halves.
template <class T, int Bytes>
[[gnu::always_inline]] inline void halves(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& c,
                                          index_t j, ProductPart part) {
  if constexpr (Bytes > int{sizeof(T)}) {
    constexpr int half = Bytes / 2;
    constexpr index_t width = half / index_t{sizeof(T)};
    if (c.cols - j >= width) {
      columns<T, half, 1>(a, b, c, j, part);
      j += width;
    }
    if (j < c.cols) halves<T, half>(a, b, c, j, part);
  }
}

template <class T>
[[gnu::noinline]] void last_columns(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& c,
                                    index_t j, ProductPart part) {
  halves<T, kVectorBytes>(a, b, c, j, part);
}

// Fewer columns than a vector has, all the same a vector at a time: what lies beyond a row of B is the next one, whose sums
// are not stored. The last rows, beyond which nothing may be read, go through a copy. One pass for the two to four of
// `halves`.
template <class T, int R>
[[gnu::noinline]] void overlapping_rows(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& c,
                                        index_t i, index_t j, index_t safe, const T* last) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  for (; i + R <= c.rows; i += R) {
    RegisterTile<S, R, 1> tile;
    tile.clear();
    tile.run(safe, operand::numbers<S>(&a(i, 0), a.col_stride, a.row_stride), operand::vectors<S>(&b(0, j), b.row_stride));
    tile.run(a.cols - safe, operand::numbers<S>(&a(i, 0) + safe * a.col_stride, a.col_stride, a.row_stride),
             operand::vectors<S>(last, W));
    T found[R * W];
    tile.store(found, W);
    for (index_t r = 0; r < R; ++r) std::copy_n(found + r * W, c.cols - j, &c(i + r, j));
  }
  if constexpr (R > 1) {
    if (i < c.rows) overlapping_rows<T, R / 2>(a, b, c, i, j, safe, last);
  }
}

template <class T>
bool overlapping_columns(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& c, index_t j) {
  constexpr index_t W = Simd<T>::width, most = 2 * W;
  const index_t left = c.cols - j, depth = a.cols;
  if (depth < 2 * most || left * 4 <= W || b.row_stride < left || b.row_stride <= 0) return false;
  const index_t over = (W - left + b.row_stride - 1) / b.row_stride;  // rows whose vector would end beyond B
  if (over > most) return false;
  T last[most * W] = {};
  for (index_t k = 0; k < over; ++k) std::copy_n(&b(depth - over + k, j), left, last + k * W);
  overlapping_rows<T, 8>(a, b, c, 0, j, depth - over, last);
  return true;
}

template <class T>
void ask_for(const MatrixView<const T>& item, index_t distance) {
  const char* at = reinterpret_cast<const char*>(item.data + distance);
  const index_t bytes = item.rows * item.cols * index_t{sizeof(T)};
  for (index_t offset = 0; offset < bytes; offset += 64) __builtin_prefetch(at + offset);
}

}  // namespace

template <class T>
void product_small(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, ProductPart part) {
  MMLCORE_ASSERT(a.rows == c.rows && b.cols == c.cols && a.cols == b.rows);
  if (a.cols == 0) {  // a sum of nothing, and nothing to point to
    for (index_t i = 0; i < c.rows; ++i) std::fill_n(c.data + i * c.row_stride, c.cols, T{0});
    return;
  }
  constexpr index_t W = Simd<T>::width;
  index_t j = 0;
  for (; j + 3 * W <= c.cols; j += 3 * W) columns<T, kVectorBytes, 3>(a, b, c, j, part);
  if (j + 2 * W <= c.cols) {
    columns<T, kVectorBytes, 2>(a, b, c, j, part);
    j += 2 * W;
  }
  if (j + W <= c.cols) {
    columns<T, kVectorBytes, 1>(a, b, c, j, part);
    j += W;
  }
  if (j == c.cols) return;
  if (part == ProductPart::full && overlapping_columns<T>(a, b, c, j)) return;
  last_columns<T>(a, b, c, j, part);
}

namespace {

// By a copy of B in rows, which costs a share 1 / rows of the product; false, and nothing done, for other shapes.
template <class T>
bool product_of_copy(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& c) {
  if (a.rows < 2 || !has_small_shape(a, b, c)) return false;
  Buffer<T> straight(b.rows * b.cols);
  const MatrixView<T> rows = c_order(straight.data(), b.rows, b.cols);
  copy<T>(b, rows);
  product_small<T>(a, rows, c);
  return true;
}

// Few rows of A and a B whose columns are contiguous: C' = B' A', a tall product whose rows lie where B's columns do; false,
// and nothing done, for other shapes.
template <class T>
bool product_of_columns(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& c) {
  constexpr index_t least = 16;  // rows of B' for which it pays
  if (a.rows < 2 || a.rows > kTileRows || b.row_stride != 1 || lies_in_rows(b) || b.cols < least || a.cols == 0)
    return false;
  if (2 * a.rows > kTileRows && a.cols > kTallDepth) return false;  // the copy of A' would leave the cache
  Buffer<T> memory(b.cols * a.rows);
  const MatrixView<T> turned = c_order(memory.data(), b.cols, a.rows);
  product_tall<T>(b.transposed(), a.transposed(), turned);
  copy<T>(MatrixView<const T>(turned).transposed(), c);
  return true;
}

}  // namespace

template <class T>
void product_single(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c) {
  if (product_of_vector<T>(a, b, c)) return;
  if (is_tall_product(a, b, c)) return product_tall<T>(a, b, c);
  if (is_small_product(a, b, c)) return product_small<T>(a, b, c);
  if (product_of_columns<T>(a, b, c) || product_of_copy<T>(a, b, c)) return;
  product<T>(a, b, c);
}

namespace {

// A stack, each item times the same matrix: one tall matrix times that, where the items follow one another. Else, while they
// are small, some at a time are copied into rows first: a share 1 / n of the product, and below one call an item.
template <class T>
bool stack_times_one(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& c) {
  const index_t count = c.count(), m = a.item.rows, k = a.item.cols;
  const bool even = b.batch.uniform() && b.batch.stride() == 0 && c.batch.uniform();
  if (!even || c.batch.stride() != m * c.item.row_stride) return false;
  const auto tall = [](auto view, index_t rows) {
    view.rows = rows;
    return view;
  };
  if (a.batch.uniform() && a.batch.stride() == m * a.item.row_stride) {
    product_single<T>(tall(a.item, count * m), b.item, tall(c.item, count * m));
    return true;
  }
  if (m * k > kCopied / 4 || k == 0) return false;
  const index_t some = kCopied / (m * k), blocks = (count + some - 1) / some;
  const index_t grain = std::max<index_t>(1, static_cast<index_t>(1e5 / (2.0 * kCopied * static_cast<double>(c.item.cols))));
  parallel_ranges(blocks, grain, [&](index_t begin, index_t end) {
    Buffer<T> memory(std::min(some, count) * m * k);
    for (index_t block = begin; block < end; ++block) {
      const index_t first = block * some, last = std::min(first + some, count), rows = (last - first) * m;
      for (index_t i = first; i < last; ++i) copy<T>(a[i], c_order(memory.data() + (i - first) * m * k, m, k));
      product_single<T>(c_order<const T>(memory.data(), rows, k), b.item, tall(c[first], rows));
    }
  });
  return true;
}

}  // namespace

template <class T>
void product_batch(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& c) {
  const index_t count = c.count();
  if (count == 0 || c.item.empty()) return;
  if (count == 1) return product_single<T>(a[0], b[0], c[0]);
  if (product_lanes<T>(a, b, c)) return;
  if (stack_times_one<T>(a, b, c)) return;
  const double work = 2.0 * c.item.rows * c.item.cols * std::max<index_t>(a.item.cols, 1);
  if (work > 5e7) {
    for (index_t i = 0; i < count; ++i) product_single<T>(a[i], b[i], c[i]);
    return;
  }
  const bool small = is_small_product(a.item, b.item, c.item), vector = c.item.rows == 1 || c.item.cols == 1;
  const bool even = a.batch.uniform() && b.batch.uniform();
  const index_t ahead = std::max<index_t>(1, 2048 / (a.item.rows * a.item.cols + b.item.rows * b.item.cols + 1));
  const index_t grain = std::max<index_t>(1, static_cast<index_t>(1e5 / (work + 50)));
  parallel_ranges(count, grain, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) {
      if (vector) {
        product_of_vector<T>(a[i], b[i], c[i]);
        continue;
      }
      if (!small) {
        if (!product_of_copy<T>(a[i], b[i], c[i])) product_serial<T>(a[i], b[i], c[i]);
        continue;
      }
      if (even && i + ahead < end) {
        ask_for(a[i], ahead * a.batch.stride());
        ask_for(b[i], ahead * b.batch.stride());
      }
      product_small<T>(a[i], b[i], c[i]);
    }
  });
}

template void product_small<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>, ProductPart);
template void product_small<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>, ProductPart);
template void product_single<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>);
template void product_single<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>);
template void product_batch<float>(const MatrixBatch<const float>&, const MatrixBatch<const float>&,
                                   const MatrixBatch<float>&);
template void product_batch<double>(const MatrixBatch<const double>&, const MatrixBatch<const double>&,
                                    const MatrixBatch<double>&);

}  // namespace mmlcore
