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

namespace mmlcore {
namespace {

constexpr int kRowOrder = 3;  // from here on rows in vectors are faster than lanes

template <class T, int N>
void multiply_group(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& c, index_t first) {
  using Vec = typename Simd<T>::Vec;
  Vec x[N * N], y[N * N], z[N * N];
  const LaneGroup<const T> from_a(a, first), from_b(b, first);
  load_lanes<T>(from_a, x);
  load_lanes<T>(from_b, y);
  from_a.prefetch();
  from_b.prefetch();
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) {
      Vec sum = x[i * N] * y[j];
      for (int k = 1; k < N; ++k) sum += x[i * N + k] * y[k * N + j];
      z[i * N + j] = sum;
    }
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

// Rows I ... I + R - 1 of one product of order N, and then the rows behind them.
template <class T, int N, int I = 0>
inline void rows_from(const T* x, const T* y, T* z) {
  using Whole = Simd<T>;
  constexpr int whole = N / Whole::width, rest = N % Whole::width;
  using Rest = Simd<T, std::max<int>(16, std::bit_ceil(static_cast<unsigned>(rest * sizeof(T))))>;
  constexpr int most = 24 / (whole + 1), blocks = (N - I + most - 1) / most;  // accumulators fill most of the registers
  constexpr int R = (N - I + blocks - 1) / blocks;
  typename Whole::Vec sums[R][whole + 1] = {};
  typename Rest::Vec last[R] = {};
  for (int k = 0; k < N; ++k) {
    const T* row = y + k * N;
#pragma GCC unroll 24
    for (int r = 0; r < R; ++r) {
      const T factor = x[(I + r) * N + k];
#pragma GCC unroll 4
      for (int w = 0; w < whole; ++w) sums[r][w] += Whole::load(row + w * Whole::width) * factor;
      if constexpr (rest > 0) last[r] += Rest::load(row + whole * Whole::width) * factor;
    }
  }
#pragma GCC unroll 24
  for (int r = 0; r < R; ++r) {
    T* to = z + (I + r) * N;
#pragma GCC unroll 4
    for (int w = 0; w < whole; ++w) Whole::store(to + w * Whole::width, sums[r][w]);
    if constexpr (rest > 0) Rest::store(to + whole * Whole::width, last[r]);
  }
  if constexpr (I + R < N) rows_from<T, N, I + R>(x, y, z);
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
      rows_from<T, N>(x, y, c.item.data + item * size);
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
