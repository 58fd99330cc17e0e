#include "mmlcore/vectors/distances.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "difference_tiles.hpp"

namespace mmlcore {
namespace {

constexpr index_t kRows = 64, kStrips = 16;  // of a task
constexpr index_t kMirrorFrom = 16;          // coordinates: with fewer, mirroring costs what it saves

template <class T>
bool same(MatrixView<const T> a, MatrixView<const T> b) {
  return a.data == b.data && a.rows == b.rows && a.row_stride == b.row_stride && a.col_stride == b.col_stride;
}

// Squares between these bounds lost nothing to overflow or underflow.
template <class T>
constexpr T kLow = std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon();
template <class T>
constexpr T kHigh = std::numeric_limits<T>::max();

// A distance whose square is none of these: differences are scaled by a power of two. y_j with any stride.
template <class T>
T careful_distance(const T* x, const T* y, index_t stride, index_t d, bool squared) {
  T top = 0;
  for (index_t j = 0; j < d; ++j) {
    const T size = std::abs(x[j] - y[j * stride]);
    if (!(size <= top)) top = size;  // NaN stays
    if (std::isnan(top)) return top;
  }
  if (top == 0 || std::isinf(top)) return top;
  const int power = std::ilogb(top) + 1;
  double sum = 0;
  for (index_t j = 0; j < d; ++j) {
    const double gap = std::ldexp(x[j] - y[j * stride], -power);
    sum += gap * gap;
  }
  return squared ? static_cast<T>(std::ldexp(sum, 2 * power)) : static_cast<T>(std::ldexp(std::sqrt(sum), power));
}

// `to` = the distances whose squares are `from`, of x from the rows of y.
template <class T>
void finish(const T* from, const T* x, MatrixView<const T> y, bool squared, T* to) {
  bool usual = true;
  for (index_t c = 0; c < y.rows; ++c) {
    usual &= bool((from[c] >= kLow<T>)&(from[c] <= kHigh<T>));
    to[c] = squared ? from[c] : std::sqrt(from[c]);
  }
  if (usual) [[likely]]
    return;
  for (index_t c = 0; c < y.rows; ++c) {
    if (from[c] >= kLow<T> && from[c] <= kHigh<T>) continue;
    to[c] = careful_distance(x, y.row(c).data, y.col_stride, y.cols, squared);
  }
}

}  // namespace

template <class T>
void pairwise_distances(MatrixView<const T> x, MatrixView<const T> y, bool squared, MatrixView<T> out) {
  using distances::Tile;
  constexpr index_t M = Tile<T>::M, N = Tile<T>::N;
  if (out.empty()) return;
  // Symmetric: blocks of rows stop at their diagonal block, and what is left of it is mirrored.
  const bool own = x.cols >= kMirrorFrom && same(x, y);
  Buffer<T> kept;
  x = distances::in_rows<T>(x, kept);
  const index_t d = x.cols;
  Buffer<T> packed((std::min(distances::kChunk, y.rows) + M - 1) / M * M * d);
  for (index_t chunk = 0; chunk < y.rows; chunk += distances::kChunk) {
    const index_t points = std::min(distances::kChunk, y.rows - chunk), strips = (points + M - 1) / M;
    distances::pack_points<T>(y.block(chunk, 0, points, d), packed.data());
    const index_t row_tasks = (x.rows + kRows - 1) / kRows, strip_tasks = (strips + kStrips - 1) / kStrips;
    parallel_tasks(row_tasks * strip_tasks, [&](index_t task) {
      const index_t i0 = task / strip_tasks * kRows, i1 = std::min(x.rows, i0 + kRows);
      const index_t p0 = task % strip_tasks * kStrips, p1 = std::min(strips, p0 + kStrips);
      const index_t end = own ? std::min(points, i1 - chunk) : points;  // of the columns of this chunk
      Tile<T> tile;
      for (index_t p = p0; p < p1 && p * M < end; ++p) {
        const index_t j = p * M, cols = std::min(M, end - j);
        for (index_t i = i0; i < i1; i += N) {
          const index_t rows = std::min(N, i1 - i);
          tile.compute(x.row(i).data, rows, x.row_stride, packed.data() + j * d, d);
          for (index_t r = 0; r < rows; ++r) {
            finish<T>(tile.values + r * M, x.row(i + r).data, y.block(chunk + j, 0, cols, d), squared,
                      &out(i + r, chunk + j));
          }
        }
        if (!own) continue;
        for (index_t c = chunk + j; c < std::min(chunk + j + cols, i0); ++c) {
          for (index_t i = i0; i < i1; ++i) out(c, i) = out(i, c);
        }
      }
    });
  }
}

template void pairwise_distances<float>(MatrixView<const float>, MatrixView<const float>, bool, MatrixView<float>);
template void pairwise_distances<double>(MatrixView<const double>, MatrixView<const double>, bool, MatrixView<double>);

}  // namespace mmlcore
