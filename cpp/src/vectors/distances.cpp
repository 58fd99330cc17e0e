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

constexpr index_t kMirrorFrom = 16;  // coordinates: with fewer, mirroring costs what it saves

// What a task computes: rows of x in groups of N, and strips of points that stay in the second-level cache meanwhile. A
// group goes along the strips, so that rows of the result are written one line after another (960 points of 64 coordinates
// to as many others: 10.4 -> 4.9 ms).
template <class T>
struct Task {
  static constexpr index_t N = distances::Tile<T>::N, M = distances::Tile<T>::M;
  static constexpr index_t kRows = 64 / N * N;
  static index_t strips(index_t d) {
    constexpr index_t kBytes = 128 << 10, kFewest = 4, kMost = 32;
    return std::clamp<index_t>(kBytes / (M * std::max<index_t>(d, 1) * index_t{sizeof(T)}), kFewest, kMost);
  }
  // Of a set with itself, row c is computed up to the end of the strip that its group's last point lies in; what follows is
  // mirrored.
  static index_t computed(index_t c, index_t rows) { return (std::min((c / N + 1) * N, rows) + M - 1) / M * M; }
};

// `to` = the distances whose squares are `from`, of x from the rows of y, of which row `self` may be x itself. `from` is
// read in whole vectors.
template <class T, bool Squared>
void finish(const T* from, const T* x, const MatrixView<const T>& y, index_t self, T* to) {
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
    if (comfortable(from[c]) || (c == self && from[c] == 0)) continue;
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

// Of rows i0 to i1 and columns c0 to c1: out(c, i) = out(i, c) where it has not been computed.
template <class T>
void mirror(MatrixView<T> out, index_t i0, index_t i1, index_t c0, index_t c1) {
  index_t whole = c0;  // columns whose rows all lie beyond what was computed
  while (whole < c1 && Task<T>::computed(whole, out.rows) <= i0) ++whole;
  if (whole > c0) {
    copy<T>(MatrixView<const T>(out.block(i0, c0, i1 - i0, whole - c0)).transposed(),
            out.block(c0, i0, whole - c0, i1 - i0));
  }
  for (index_t c = whole; c < c1; ++c) {
    for (index_t i = std::max(i0, Task<T>::computed(c, out.rows)); i < i1; ++i) out(c, i) = out(i, c);
  }
}

}  // namespace

template <class T>
void pairwise_distances(MatrixView<const T> x, MatrixView<const T> y, bool squared, MatrixView<T> out) {
  using distances::Tile;
  constexpr index_t M = Tile<T>::M, N = Tile<T>::N, kRows = Task<T>::kRows;
  if (out.empty()) return;
  const bool same = same_points(x, y), own = same && x.cols >= kMirrorFrom;
  if (2 * y.rows <= M && x.rows > 4 * y.rows) return few_points<T>(x, y, squared, out);
  Buffer<T> kept;
  x = in_rows<T>(x, kept);
  const index_t d = x.cols;
  const auto last_step = squared ? &finish<T, true> : &finish<T, false>;
  Buffer<T> packed((std::min(distances::kChunk, y.rows) + M - 1) / M * M * d);
  for (index_t chunk = 0; chunk < y.rows; chunk += distances::kChunk) {
    const index_t points = std::min(distances::kChunk, y.rows - chunk), strips = (points + M - 1) / M;
    distances::pack_points<T>(y.block(chunk, 0, points, d), packed.data());
    const index_t width = Task<T>::strips(d);
    const index_t row_tasks = (x.rows + kRows - 1) / kRows, strip_tasks = (strips + width - 1) / width;
    parallel_tasks(row_tasks * strip_tasks, [&](index_t task) {
      const index_t i0 = task / strip_tasks * kRows, i1 = std::min(x.rows, i0 + kRows);
      const index_t p0 = task % strip_tasks * width, p1 = std::min(strips, p0 + width);
      Tile<T> tile;
      for (index_t i = i0; i < i1; i += N) {
        const index_t rows = std::min(N, i1 - i);
        const index_t end = own ? std::min(points, Task<T>::computed(i, x.rows) - chunk) : points;
        for (index_t j = p0 * M; j < std::min(p1 * M, end); j += M) {
          tile.compute(x.row(i).data, rows, x.row_stride, packed.data() + j * d, d);
          const auto points_of_strip = y.block(chunk + j, 0, std::min(M, points - j), d);
          for (index_t r = 0; r < rows; ++r) {
            last_step(tile.values + r * M, x.row(i + r).data, points_of_strip, same ? i + r - chunk - j : -1,
                      &out(i + r, chunk + j));
          }
        }
      }
      if (own) mirror<T>(out, i0, i1, chunk + p0 * M, std::min(chunk + p1 * M, chunk + points));
    });
  }
}

template void pairwise_distances<float>(MatrixView<const float>, MatrixView<const float>, bool, MatrixView<float>);
template void pairwise_distances<double>(MatrixView<const double>, MatrixView<const double>, bool, MatrixView<double>);

}  // namespace mmlcore
