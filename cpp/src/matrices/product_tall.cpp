#include "mmlcore/matrices/product_tall.hpp"

#include <algorithm>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/lane_sums.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/part_of_vector.hpp"
#include "mmlcore/matrices/register_tile.hpp"

namespace mmlcore {
namespace {

constexpr index_t kGrain = 1 << 15;  // elements of A and C worth a task of their own

// R rows of A times B, whose rows are N vectors of V.
template <class V, int N, int R, class T>
inline void rows(const T* a, index_t row_stride, index_t col_stride, index_t k, const T* b, T* to, index_t n) {
  RegisterTile<V, R, N> tile;
  tile.clear();
  tile.run(k, operand::numbers<V>(a, col_stride, row_stride), operand::vectors<V>(b, operand::Fixed<N * V::width>{}));
  tile.store(to, n);
}

template <class T, int Bytes, int N = 1>
void tall(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c) {
  using V = Simd<T, Bytes>;
  // As many rows as leave registers for one of B's: 32 registers or 16.
  constexpr index_t W = N * V::width, R = kVectorBytes == 64 ? (N == 4 ? 6 : 8) : (N == 4 ? 2 : 4);
  const index_t k = a.cols, n = c.cols;
  Buffer<T> padded(k * W);
  std::fill(padded.begin(), padded.end(), T{0});
  for (index_t i = 0; i < k; ++i) {
    for (index_t j = 0; j < n; ++j) padded[i * W + j] = b(i, j);
  }
  const index_t spill = (W - 1) / n;  // rows whose vectors may reach beyond the end of the block
  parallel_ranges(a.rows, std::max<index_t>(1, kGrain / (k + n)), [&](index_t begin, index_t end) {
    index_t i = begin;
    for (; i + R + spill <= end; i += R)
      rows<V, N, R>(a.row(i).data, a.row_stride, a.col_stride, k, padded.data(), c.row(i).data, n);
    for (; i < end; ++i) {
      T last[W];
      rows<V, N, 1>(a.row(i).data, a.row_stride, a.col_stride, k, padded.data(), last, n);
      std::copy_n(last, n, c.row(i).data);
    }
  });
}

// R rows of A times N columns of B, each `stride` numbers with zeros behind the k-th: sums along the rows.
template <int R, int N, class T>
inline void dots(const T* a, index_t row_stride, index_t k, const T* b, index_t stride, T* to, index_t n) {
  using S = Simd<T>;
  constexpr int W = S::width, groups = (R * N + W - 1) / W;
  typename S::Vec sums[groups * W] = {};
  index_t at = 0;
  const auto add = [&](auto&& load) __attribute__((always_inline)) {
    typename S::Vec factors[N];
#pragma GCC unroll 4
    for (int c = 0; c < N; ++c) factors[c] = S::load(b + c * stride + at);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const typename S::Vec row = load(r);
#pragma GCC unroll 4
      for (int c = 0; c < N; ++c) sums[r * N + c] += row * factors[c];
    }
  };
  for (; at + W <= k; at += W) add([&](int r) { return S::load(a + r * row_stride + at); });
  if (at < k) {
    const PartOfVector<T> part(k - at);
    add([&](int r) { return part.load(a + r * row_stride + at); });
  }
  T found[groups * W];
#pragma GCC unroll 4
  for (int g = 0; g < groups; ++g) S::store(found + g * W, sums_of_lanes<T>(sums + g * W));
  for (int r = 0; r < R; ++r) std::copy_n(found + r * N, N, to + r * n);
}

// Few columns, and long rows.
template <int N, class T>
void by_dots(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c) {
  constexpr index_t W = Simd<T>::width, R = (kVectorBytes == 64 ? 16 : 8) / N;
  const index_t k = a.cols, stride = (k + W - 1) / W * W;
  Buffer<T> factors(stride * N);
  for (index_t j = 0; j < N; ++j) std::fill(factors.data() + j * stride + k, factors.data() + (j + 1) * stride, T{0});
  copy<T>(b.transposed(), MatrixView<T>{factors.data(), N, k, stride, 1});
  parallel_ranges(a.rows, std::max<index_t>(1, kGrain / k), [&](index_t i, index_t end) {
    for (; i + R <= end; i += R) dots<R, N>(&a(i, 0), a.row_stride, k, factors.data(), stride, &c(i, 0), c.row_stride);
    for (; i < end; ++i) dots<1, N>(&a(i, 0), a.row_stride, k, factors.data(), stride, &c(i, 0), c.row_stride);
  });
}

}  // namespace

template <class T>
void product_tall(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c) {
  MMLCORE_ASSERT(a.rows == c.rows && b.cols == c.cols && a.cols == b.rows);
  if (sums_along_rows(a, c)) {
    if (c.cols == 2) return by_dots<2, T>(a, b, c);
    if constexpr (kFewColumns < T >> 2) return c.cols == 3 ? by_dots<3, T>(a, b, c) : by_dots<4, T>(a, b, c);
  }
  const index_t bytes = c.cols * index_t{sizeof(T)};
  if (bytes <= 16) return tall<T, 16>(a, b, c);
  if (bytes > 3 * kVectorBytes) return tall<T, kVectorBytes, 4>(a, b, c);
  if (bytes > 2 * kVectorBytes) return tall<T, kVectorBytes, 3>(a, b, c);
  if (bytes > kVectorBytes) return tall<T, kVectorBytes, 2>(a, b, c);
  if constexpr (kVectorBytes >= 32) {
    if (bytes <= 32) return tall<T, 32>(a, b, c);
  }
  tall<T, kVectorBytes>(a, b, c);
}

template void product_tall<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>);
template void product_tall<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>);

}  // namespace mmlcore
