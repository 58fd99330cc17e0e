// The micro-tiles of the matrix product (product.hpp): register tiles whose vectors run along C's columns, so that a row of
// the tile is a column of C.
#pragma once

#include <algorithm>
#include <type_traits>

#include "mmlcore/matrices/product.hpp"
#include "mmlcore/matrices/register_tile.hpp"

namespace mmlcore::gemm {

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
  using S = Simd<T>;
  RegisterTile<S, N, MV> micro;
  for (index_t j = 0; j < c.cols; ++j) {
    for (index_t i = 0; i < c.rows * c.row_stride; i += 64 / index_t{sizeof(T)})
      __builtin_prefetch(&c.data[j * c.col_stride + i], 1);
  }
  micro.clear();
  micro.run(depth, operand::numbers<S>(b, operand::Fixed<N>{}), operand::vectors<S>(a, operand::Fixed<M>{}));
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
