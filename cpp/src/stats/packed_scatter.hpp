// Scatter matrices of many columns: the pass that covariances and inner products of points share.
//
// A slice of rows is centred while it is packed into the strips that the micro-kernel reads, then the tiles on and below the
// diagonal (in column-major order) are shared out between the threads.
#pragma once

#include <algorithm>
#include <cstring>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/matrices/product_tiles.hpp"
#include "mmlcore/matrices/register_tile.hpp"
#include "mmlcore/stats/covariance.hpp"

namespace mmlcore {

// A slice of rows in the order that the micro-kernel reads: strips of M columns, [part][strip][row][column]. The N columns
// that it broadcasts are read from the strip that they belong to.
template <class T>
struct Packed {
  using V = Simd<T>;
  static constexpr index_t M = gemm::Shape<T>::M, N = gemm::kNarrow<T>, W = V::width;
  static_assert(M % N == 0);
  // Rows of a part, in whose order sums are added to s in double: few enough that the strips of a tile stay in the
  // first-level cache, enough that adding the tile costs little. Of float32 they are summed in runs of kFlush.
  static constexpr index_t kPart = 2 * kFlush, kRun = sizeof(T) == 4 ? kFlush : kPart;
  // A line of the cache between strips: rows of all of them would else fall on the same sets of the cache.
  static constexpr index_t kLine = 64 / index_t{sizeof(T)}, kStride = kPart * M + kLine;

  // Rows of a slice: whole parts that the second-level cache holds, since the tiles of every strip read all of it, and a
  // chunk for each thread to pack. What is summed with what does not depend on it.
  static index_t slice(index_t n, index_t chunk) {
    const index_t fit = (index_t{1} << 21) / (n * index_t{sizeof(T)}), wanted = std::max(fit, chunk * num_threads());
    return std::clamp<index_t>(wanted / kPart, 1, 16) * kPart;
  }

  static index_t parts(index_t rows) { return (rows + kPart - 1) / kPart; }

  Packed(index_t n, index_t rows) : n(n), strips((n + M - 1) / M), data(parts(rows) * strips * kStride) {}

  T* strip(index_t start, index_t p) const { return data.data() + (start / kPart * strips + p) * kStride; }
  const T* narrow(index_t start, index_t q) const { return strip(start, q * N / M) + q * N % M; }

  // Rows first ... first + x.rows - 1 of the slice, each root * (x - shift); column[j] += root^2 (x - shift). The part that
  // they belong to starts at row `start` of the slice.
  void fill(MatrixView<const T> x, const T* shift, const double* roots, index_t start, index_t first, T* column) {
    for (index_t i = 0; i < x.rows; ++i) {
      const T* in = x.row(i).data;
      const T root = roots ? static_cast<T>(roots[i]) : T{1};
      for (index_t p = 0; p < strips; ++p) {
        T* to = strip(start, p) + (first + i) * M;
        const index_t j = p * M, width = std::min(M, n - j);
        if (width == M) {
          for (index_t c = 0; c < M; c += W) {
            const typename V::Vec centred = root * (V::load(in + j + c) - V::load(shift + j + c));
            V::store(to + c, centred);
            V::store(column + j + c, V::load(column + j + c) + root * centred);
          }
        } else {
          for (index_t c = 0; c < width; ++c) {
            to[c] = root * (in[j + c] - shift[j + c]);
            column[j + c] += root * to[c];
          }
          std::fill(to + width, to + M, T{0});
        }
      }
    }
  }

  index_t n, strips;
  Buffer<T> data;
};

// The product of a wide strip and a narrow one added to the double matrix s, n columns, at (i, j). `ahead` is the narrow
// strip of the next call: its rows lie M numbers apart, too far for the processor to fetch them by itself.
template <class T, int MV>
void add_product(index_t depth, const T* a, const T* b, const T* ahead, double* s, index_t n, index_t i, index_t j) {
  using S = Simd<T>;
  constexpr int M = MV * S::width, N = gemm::kNarrow<T>;
  constexpr operand::Fixed<gemm::Shape<T>::M> step;
  const index_t rows = std::min<index_t>(M, n - i), cols = std::min<index_t>(N, n - j);
  // Column-major below the diagonal is row-major above it.
  for (index_t c = 0; c < cols; ++c) {
    for (index_t r = 0; r < rows; r += 8) __builtin_prefetch(s + (j + c) * n + i + r, 1);
  }
  alignas(64) T tile[M * N];
  constexpr index_t run = Packed<T>::kRun;
  for (index_t k = 0; k < depth; k += run) {
    RegisterTile<S, N, MV> micro;
    micro.clear();
    micro.run(std::min(run, depth - k), operand::fetching(operand::numbers<S>(b + k * step, step), ahead + k * step),
              operand::vectors<S>(a + k * step, step));
    k == 0 ? micro.store(tile, M) : micro.add_to(tile, M);
  }
  for (index_t c = 0; c < cols; ++c) {
    double* to = s + (j + c) * n + i;
    if (rows == M) {
      for (index_t r = 0; r < M; ++r) to[r] += tile[c * M + r];
    } else {
      for (index_t r = 0; r < rows; ++r) to[r] += tile[c * M + r];
    }
  }
}

// s (n x n; its upper triangle, row by row) = sum of w (x - shift)(x - shift)', d = sum of w (x - shift), over `m` rows of n
// numbers. rows_of(first, rows, scratch) returns a view of these rows, each contiguous; it may fill `scratch` for it.
template <class T, class RowsOf>
void packed_scatter(index_t m, index_t n, RowsOf&& rows_of, const T* shift, const double* roots, double* s, double* d) {
  using Shape = gemm::Shape<T>;
  constexpr index_t M = Shape::M, N = gemm::kNarrow<T>, W = Shape::W, part = Packed<T>::kPart, chunk = kFlush;
  const index_t slice = Packed<T>::slice(n, chunk), chunks = slice / chunk;
  Packed<T> packed(n, std::min(slice, m));
  Buffer<T> columns(chunks * n);
  std::fill(s, s + n * n, 0.0);
  std::fill(d, d + n, 0.0);
  for (index_t first = 0; first < m; first += slice) {
    const index_t rows = std::min(slice, m - first), used = (rows + chunk - 1) / chunk;
    parallel_tasks(used, [&](index_t g) {
      const index_t k = g * chunk, size = std::min(chunk, rows - k), start = k / part * part;
      Buffer<T> scratch;
      const MatrixView<const T> block = rows_of(first + k, size, scratch);
      T* column = columns.data() + g * n;
      std::fill(column, column + n, T{0});
      packed.fill(block, shift, roots ? roots + first + k : nullptr, start, k - start, column);
    });
    for (index_t g = 0; g < used; ++g) {
      for (index_t j = 0; j < n; ++j) d[j] += columns[g * n + j];
    }
    // The strips with most tiles first: threads then end at about the same time.
    parallel_tasks(packed.strips, [&](index_t task) {
      const index_t p = packed.strips - 1 - task, last = (n - 1) / N;
      for (index_t start = 0; start < rows; start += part) {
        const index_t size = std::min(part, rows - start);
        gemm::tiles_below_diagonal<T>(n, p, [&](index_t q, index_t above, auto vectors) {
          const T* from = packed.strip(start, p) + above * W;
          const T* ahead = packed.narrow(start, std::min(q + 1, last));
          add_product<T, vectors>(size, from, packed.narrow(start, q), ahead, s, n, p * M + above * W, q * N);
        });
      }
    });
  }
}

}  // namespace mmlcore
