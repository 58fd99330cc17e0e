#include "mmlcore/vectors/distances.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/careful_length.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/in_rows.hpp"
#include "mmlcore/core/part_of_vector.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/vectors/difference_tiles.hpp"

namespace mmlcore {
namespace {

constexpr index_t kRows = 64, kStrips = 16;  // of a task
constexpr index_t kMirrorFrom = 16;          // coordinates: with fewer, mirroring costs what it saves

// `to` = the distances whose squares are `from`, of x from the rows of y. `from` is read in whole vectors.
template <class T, bool Squared>
void finish(const T* from, const T* x, const MatrixView<const T>& y, T* to) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  const auto least = S::splat(std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon());
  const auto most = S::splat(std::numeric_limits<T>::max());
  typename S::Mask usual = least == least;
  const auto distance = [&](index_t c) {
    const typename S::Vec square = S::load(from + c);
    usual &= (square >= least) & (square <= most);  // comfortable
    return Squared ? square : S::sqrt(square);
  };
  index_t c = 0;
  for (; c + W <= y.rows; c += W) S::store(to + c, distance(c));
  if (c < y.rows) PartOfVector<T>(y.rows - c).store(to + c, distance(c));
  if (!S::any(~usual)) [[likely]]
    return;
  for (c = 0; c < y.rows; ++c) {
    if (comfortable(from[c])) continue;
    to[c] = careful_length<T>(
        y.cols, [&](index_t j) { return x[j] - y(c, j); }, Squared);
  }
}

// To few points: vectors hold those of x, and what they make is turned (695 points of 86 coordinates to 2: half the time).
template <class T>
void few_points(MatrixView<const T> x, MatrixView<const T> y, bool squared, MatrixView<T> out) {
  Buffer<T> memory(x.rows * y.rows);
  const MatrixView<T> turned = c_order(memory.data(), y.rows, x.rows);
  pairwise_distances<T>(y, x, squared, turned);
  copy<T>(MatrixView<const T>(turned).transposed(), out);
}

}  // namespace

template <class T>
void pairwise_distances(MatrixView<const T> x, MatrixView<const T> y, bool squared, MatrixView<T> out) {
  using distances::Tile;
  constexpr index_t M = Tile<T>::M, N = Tile<T>::N;
  if (out.empty()) return;
  // Symmetric: blocks of rows stop at their diagonal block, and what is left of it is mirrored.
  const bool own = x.cols >= kMirrorFrom && same_points(x, y);
  if (2 * y.rows <= M && x.rows > 4 * y.rows) return few_points<T>(x, y, squared, out);
  Buffer<T> kept;
  x = in_rows<T>(x, kept);
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
            const auto points_of_strip = y.block(chunk + j, 0, cols, d);
            const auto last_step = squared ? &finish<T, true> : &finish<T, false>;
            last_step(tile.values + r * M, x.row(i + r).data, points_of_strip, &out(i + r, chunk + j));
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
