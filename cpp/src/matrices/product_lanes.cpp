// Stacks of products of small square matrices, at the speed of memory.
//
// Order 2, and 3 and 4 of any strides: one product in each SIMD lane (core/lanes.hpp). Such a product is over before a loop
// over its rows has started; in lanes it is n^3 multiply-adds of whole vectors.
//
// From order 3 to less than four vectors' width: rows in vectors, one product after the other. A row is shorter
// than its vectors. What is read behind it belongs to the next row or item and is dropped; what is written behind it is
// written again by the next row or item. So items must follow one another in memory, and the last item of a task is left to
// product_small.
#include <algorithm>
#include <bit>
#include <utility>

#include "mmlcore/core/lanes.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/matrices/product_small.hpp"
#include "mmlcore/matrices/register_tile.hpp"

namespace mmlcore {
namespace {

constexpr int kRowOrder = 3;  // from here on rows in vectors are faster than lanes

template <class T, int N>
void multiply_group(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& c, index_t first) {
  using S = Simd<T>;
  typename S::Vec x[N * N], y[N * N], z[N * N];
  const LaneGroup<const T> from_a(a, first), from_b(b, first);
  load_lanes<T>(from_a, x);
  load_lanes<T>(from_b, y);
  from_a.prefetch();
  from_b.prefetch();
  for (int i = 0; i < N; ++i) {
    RegisterTile<S, 1, N> row;
    row.clear();
    row.run(N, operand::lanes(x + i * N, operand::Fixed<1>{}), operand::lanes(y, operand::Fixed<N>{}));
    row.each([&](int, int j) { z[i * N + j] = row.sums[0][j]; });
  }
  store_lanes<T>(LaneGroup<T>(c, first), z);
}

template <class T, int N>
void multiply_stack(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& c) {
  constexpr index_t W = Simd<T>::width;
  parallel_ranges((c.count() + W - 1) / W, 256, [&](index_t begin, index_t end) {
    for (index_t g = begin; g < end; ++g) multiply_group<T, N>(a, b, c, g * W);
  });
}

// `Width` columns from column J on of one product of order N: rows I ... I + R - 1, and then the rows behind them. What the
// last vector of a row writes behind column N is the start of the next row, which is stored after it.
template <class T, int N, int J, int Width, int I = 0>
inline void columns(const T* x, const T* y, T* z) {
  using Whole = Simd<T>;
  constexpr int W = Whole::width, whole = (Width + W / 2 - 1) / W, rest = std::max(Width - whole * W, 0);
  using Rest = Simd<T, std::max<int>(16, std::bit_ceil(static_cast<unsigned>(rest * sizeof(T))))>;
  constexpr int most = rows_beside(whole + (rest > 0 ? 1 : 0)), blocks = (N - I + most - 1) / most;
  constexpr int R = (N - I + blocks - 1) / blocks, end = J + whole * W;
  constexpr operand::Fixed<N> row;
  constexpr operand::Fixed<1> next;
  RegisterTile<Whole, R, std::max(whole, 1)> sums;
  RegisterTile<Rest, R, 1> last;
  sums.clear();
  last.clear();
  for (index_t k = 0; k < N; ++k) {
    if constexpr (whole > 0) {
      sums.step(operand::numbers<Whole>(x + I * N, next, row), operand::vectors<Whole>(y + J, row), k);
    }
    if constexpr (rest > 0) {
      last.step(operand::numbers<Rest>(x + I * N, next, row), operand::vectors<Rest>(y + end, row), k);
    }
  }
  if constexpr (rest > 0) last.store(z + I * N + end, N);
  if constexpr (whole > 0) sums.store(z + I * N + J, N);
  if constexpr (I + R < N) columns<T, N, J, Width, I + R>(x, y, z);
}

template <class T, int N>
inline void multiply_item(const T* x, const T* y, T* z) {
  constexpr int pair = 2 * Simd<T>::width;
  if constexpr (N > pair + Simd<T>::width && kRegisters == 16) {  // beside four vectors only two rows would fit
    columns<T, N, pair, N - pair>(x, y, z);
    columns<T, N, 0, pair>(x, y, z);
  } else {
    columns<T, N, 0, N>(x, y, z);
  }
}

template <class T, int N>
void multiply_rows(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& c) {
  constexpr index_t size = N * N, ahead = 2048 / size + 1, lines = (size * index_t{sizeof(T)} + 63) / 64;
  parallel_ranges(c.count(), 4096 / size + 1, [&](index_t begin, index_t end) {
    for (index_t item = begin; item + 1 < end; ++item) {
      const T *x = a.item.data + item * size, *y = b.item.data + item * size;
      for (index_t line = 0; line < lines; ++line) {
        __builtin_prefetch(reinterpret_cast<const char*>(x + ahead * size) + 64 * line);
        __builtin_prefetch(reinterpret_cast<const char*>(y + ahead * size) + 64 * line);
      }
      multiply_item<T, N>(x, y, c.item.data + item * size);
    }
    product_small<T>(a[end - 1], b[end - 1], c[end - 1]);
  });
}

template <class T>
bool follow_one_another(const MatrixBatch<T>& stack) {
  const MatrixView<T>& item = stack.item;
  return item.col_stride == 1 && item.row_stride == item.cols && stack.batch.uniform() &&
         stack.batch.stride() == item.rows * item.cols;
}

// multiply_rows for the order n, if it is one of `N`.
template <class T, int... N>
bool rows_of_order(index_t n, std::integer_sequence<int, N...>, const MatrixBatch<const T>& a, const MatrixBatch<const T>& b,
                   const MatrixBatch<T>& c) {
  return ((n == N + kRowOrder && (multiply_rows<T, N + kRowOrder>(a, b, c), true)) || ...);
}

}  // namespace

template <class T>
bool product_lanes(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& c) {
  const index_t n = c.item.rows;
  if (c.item.cols != n || a.item.cols != n || c.count() < Simd<T>::width) return false;
  constexpr int orders = std::min(32, 4 * static_cast<int>(Simd<T>::width)) - kRowOrder;
  if (follow_one_another(a) && follow_one_another(b) && follow_one_another(c) &&
      rows_of_order<T>(n, std::make_integer_sequence<int, std::max(0, orders)>{}, a, b, c)) {
    return true;
  }
  switch (n) {
    case 2:
      multiply_stack<T, 2>(a, b, c);
      return true;
    case 3:
      multiply_stack<T, 3>(a, b, c);
      return true;
    case 4:
      multiply_stack<T, 4>(a, b, c);
      return true;
    default:
      return false;
  }
}

template bool product_lanes<float>(const MatrixBatch<const float>&, const MatrixBatch<const float>&,
                                   const MatrixBatch<float>&);
template bool product_lanes<double>(const MatrixBatch<const double>&, const MatrixBatch<const double>&,
                                    const MatrixBatch<double>&);

}  // namespace mmlcore
