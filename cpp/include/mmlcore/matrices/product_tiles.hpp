// The innermost loops of the matrix product (product.hpp): micro-tiles held in registers.
#pragma once

#include <algorithm>
#include <type_traits>

#include "mmlcore/matrices/product.hpp"

namespace mmlcore::gemm {

// acc[j][i] = sum over k of (i-th vector of a at k) * b(k, j). `a` advances by a_step each k; b(k, j) is at
// b[k * b_step + j * b_col]: packed operands and operands read in place differ in these three numbers only. The elements at
// `ahead`, b_step apart, are fetched meanwhile.
template <Real T, int MV, int N>
struct Micro {
  using S = Simd<T>;
  using Vec = typename S::Vec;
  Vec acc[N][MV];

  inline __attribute__((always_inline)) void run(index_t depth, const T* a, index_t a_step, const T* b, index_t b_step,
                                                 index_t b_col, const T* ahead = nullptr) {
#pragma GCC unroll 8
    for (int j = 0; j < N; ++j) {
#pragma GCC unroll 4
      for (int i = 0; i < MV; ++i) acc[j][i] = Vec{};
    }
    for (index_t k = 0; k < depth; ++k) {
      Vec column[MV];
#pragma GCC unroll 4
      for (int i = 0; i < MV; ++i) column[i] = S::load(a + i * S::width);
      if (ahead) __builtin_prefetch(ahead + k * b_step);
#pragma GCC unroll 8
      for (int j = 0; j < N; ++j) {
        const Vec x = S::splat(b[j * b_col]);
#pragma GCC unroll 4
        for (int i = 0; i < MV; ++i) acc[j][i] += column[i] * x;
      }
      a += a_step;
      b += b_step;
    }
  }

  // Column j of the tile is at c + j * c_col, its rows contiguous.
  inline __attribute__((always_inline)) void store(T* c, index_t c_col, T alpha, T beta) const {
    const Vec scale = S::splat(alpha), keep = S::splat(beta);
    if (beta == 0) {
#pragma GCC unroll 8
      for (int j = 0; j < N; ++j) {
#pragma GCC unroll 4
        for (int i = 0; i < MV; ++i) S::store(c + j * c_col + i * S::width, scale * acc[j][i]);
      }
    } else {
#pragma GCC unroll 8
      for (int j = 0; j < N; ++j) {
#pragma GCC unroll 4
        for (int i = 0; i < MV; ++i) {
          T* at = c + j * c_col + i * S::width;
          S::store(at, keep * S::load(at) + scale * acc[j][i]);
        }
      }
    }
  }
};

// c = beta c + alpha tile, where the tile is column-major with leading dimension `ld` and c may have any strides.
template <Real T>
void add_tile(const T* tile, index_t ld, MatrixView<T> c, T beta) {
  for (index_t j = 0; j < c.cols; ++j) {
    for (index_t i = 0; i < c.rows; ++i) {
      T& at = c(i, j);
      at = beta == 0 ? tile[j * ld + i] : beta * at + tile[j * ld + i];
    }
  }
}

template <Real T, int MV>
void packed_tile_of(index_t depth, const T* a, const T* b, MatrixView<T> c, T alpha, T beta) {
  constexpr int N = Shape<T>::N, M = MV * Shape<T>::W;
  Micro<T, MV, N> micro;
  for (index_t j = 0; j < c.cols; ++j) {
    for (index_t i = 0; i < c.rows * c.row_stride; i += 64 / index_t{sizeof(T)})
      __builtin_prefetch(&c.data[j * c.col_stride + i], 1);
  }
  micro.run(depth, a, M, b, N, 1);
  if (c.rows == M && c.cols == N && c.row_stride == 1) return micro.store(c.data, c.col_stride, alpha, beta);
  alignas(64) T tile[M * N];
  micro.store(tile, M, alpha, T{0});
  add_tile<T>(tile, M, c, beta);
}

// Columns of a micro-tile whose narrow strips are parts of wide ones.
template <Real T>
inline constexpr int kNarrow = Shape<T>::M % Shape<T>::N == 0 ? Shape<T>::N : Shape<T>::N / 2;

// Calls body(q, above, vectors) for the micro-tiles of the p-th strip of M rows that reach the diagonal of an n x n matrix
// or lie below it: `q` is the strip of kNarrow columns, `above` how many vectors of rows at the tile's top lie above the
// diagonal and are left out, `vectors` (a constant) how many remain.
template <Real T, class Body>
void tiles_below_diagonal(index_t n, index_t p, Body&& body) {
  constexpr index_t M = Shape<T>::M, N = kNarrow<T>, W = Shape<T>::W;
  const index_t i = p * M, vectors = strip_width<T>(std::min(M, n - i)) / W;
  const index_t last = std::min((n + N - 1) / N, (i + vectors * W + N - 1) / N);
  for (index_t q = 0; q < last; ++q) {
    const index_t above = std::max<index_t>(q * N - i, 0) / W;
    switch (vectors - above) {
      case 1:
        body(q, above, std::integral_constant<int, 1>{});
        break;
      case 2:
        body(q, above, std::integral_constant<int, 2>{});
        break;
      default:
        body(q, above, std::integral_constant<int, 3>{});
    }
  }
}

}  // namespace mmlcore::gemm
