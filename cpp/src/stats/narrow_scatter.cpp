#include "narrow_scatter.hpp"

#include <algorithm>
#include <vector>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/lanes.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/matrices/register_tile.hpp"

namespace mmlcore {
namespace {

using D = Simd<double>;
using Vec = D::Vec;

constexpr index_t W = D::width;
constexpr int kTall = 4, kWide = kVectorBytes == 64 ? 4 : 2;  // 16 sums in 32 registers, 8 in 16
constexpr index_t kCache = 24 * 1024;                         // bytes of a block
constexpr index_t kRanges = 64, kRangeRows = 1024;            // ranges of rows: at most, and rows of one at least

index_t strips_of(index_t columns) { return (columns + kTall - 1) / kTall; }

// Calls f(p, q) for the tiles that reach the upper triangle: columns p kTall ... and q kWide ....
template <class F>
void upper_tiles(index_t columns, F&& f) {
  for (index_t p = 0; p < strips_of(columns); ++p) {
    for (index_t q = p * kTall / kWide; q * kWide < columns; ++q) f(p, q);
  }
}

// sums[a * kWide + b] += sum over the steps of left[a] right[b].
[[gnu::always_inline]] inline void multiply_tile(const Vec* left, const Vec* right, index_t steps, index_t stride,
                                                 Vec* sums) {
  RegisterTile<D, kTall, kWide> tile;
  tile.clear();
  tile.run(steps, operand::lanes(left, stride), operand::lanes(right, stride));
  tile.each([&](int a, int b) { sums[a * kWide + b] += tile.sums[a][b]; });
}

// Some rows of the data, and what is done to them on the way into a block.
struct Source {
  MatrixView<const double> x;
  VectorView<const double> y;
  const double* shift;
  MatrixBatch<const double> items;  // rows as items of a stack

  Source(MatrixView<const double> x, VectorView<const double> y, const double* shift)
      : x(x), y(y), shift(shift), items{x.block(0, 0, 1, x.cols), {}} {
    items.batch.push(x.rows, x.row_stride);
  }
  index_t columns() const { return x.cols + (y.data ? 1 : 0); }

  // Rows i ... i + used - 1, used <= W, less the shift and times their roots, as vectors of columns, and then the roots.
  // What lies behind them is 0.
  void load(index_t i, index_t used, const Weights& weights, index_t first, Vec* out) const {
    const index_t n = columns();
    if (x.row_stride == 1 && used == W) {
      for (index_t j = 0; j < x.cols; ++j) out[j] = D::load(&x(i, j));
    } else {
      load_lanes<double>(LaneGroup<const double>(items, i), out);
    }
    if (y.data && y.stride == 1 && used == W) {
      out[x.cols] = D::load(&y[i]);
    } else if (y.data) {
      for (index_t lane = 0; lane < W; ++lane) out[x.cols][lane] = y[i + std::min(lane, used - 1)];
    }
    for (index_t j = 0; j < n; ++j) out[j] -= D::splat(shift[j]);
    out[n] = D::splat(1.0);
    if (used == W && !weights.data) return;
    Vec root{};
    for (index_t lane = 0; lane < used; ++lane) root[lane] = weights.data ? weights.root(first + i + lane) : 1;
    for (index_t j = 0; j <= n; ++j) out[j] *= root;
  }
};

// Asks for W rows of the block after this one: the products between two blocks are too long for the processor to look over.
template <class T>
void prefetch_rows(MatrixView<const T> x, index_t i) {
  if (x.col_stride != 1 || i + W > x.rows) return;
  const char* from = reinterpret_cast<const char*>(x.row(i).data);
  const index_t bytes = W * x.row_stride * index_t{sizeof(T)};
  for (index_t at = 0; at < bytes; at += 64) __builtin_prefetch(from + at, 0, 2);
}

// The same rows in double: where they lie, or copied.
template <class T>
Source in_double(MatrixView<const T> x, VectorView<const T> y, const double* shift, Buffer<double>& copy) {
  if constexpr (sizeof(T) == sizeof(double)) {
    return Source(x, y, shift);
  } else {
    const index_t d = x.cols, size = x.rows * d;
    if (copy.size() < size + x.rows) copy = Buffer<double>(size + x.rows);
    double* const to = copy.data();
    if (x.col_stride == 1 && x.row_stride == d) {
      for (index_t k = 0; k < size; ++k) to[k] = x.data[k];
    } else {
      for (index_t i = 0; i < x.rows; ++i) {
        for (index_t j = 0; j < d; ++j) to[i * d + j] = x(i, j);
      }
    }
    for (index_t i = 0; y.data && i < x.rows; ++i) to[size + i] = y[i];
    return Source(c_order<const double>(to, x.rows, d), {y.data ? to + size : nullptr, x.rows, 1}, shift);
  }
}

}  // namespace

template <class T>
double narrow_scatter(MatrixView<const T> x, VectorView<const T> y, const T* shift, Weights weights, double* s, double* d) {
  const index_t m = x.rows, n = x.cols + (y.data ? 1 : 0), columns = n + 1, stride = strips_of(columns) * kTall;
  const index_t block = std::max<index_t>(kCache / (stride * index_t{sizeof(Vec)}), 4);  // vectors of W rows
  const index_t ranges = std::clamp<index_t>(m / kRangeRows, 1, kRanges);
  index_t tiles = 0;
  upper_tiles(columns, [&](index_t, index_t) { ++tiles; });
  constexpr index_t kTile = kTall * kWide;
  Buffer<double> parts(ranges * tiles * kTile);
  const std::vector<double> base(shift, shift + n);
  parallel_tasks(ranges, [&](index_t range) {
    Buffer<Vec> held(block * stride), sums(tiles * kTile);
    std::fill(held.begin(), held.end(), Vec{});
    std::fill(sums.begin(), sums.end(), Vec{});
    Buffer<double> copy;
    const index_t end = m * (range + 1) / ranges;
    for (index_t i = m * range / ranges; i < end; i += block * W) {
      const index_t rows = std::min(block * W, end - i), steps = (rows + W - 1) / W;
      const VectorView<const T> part{y.data ? &y[i] : nullptr, rows, y.stride};
      const Source source = in_double<T>(x.block(i, 0, rows, x.cols), part, base.data(), copy);
      for (index_t k = 0; k < steps; ++k) {
        prefetch_rows(x, i + (block + k) * W);
        source.load(k * W, std::min(W, rows - k * W), weights, i, held.data() + k * stride);
      }
      Vec* sum = sums.data();
      upper_tiles(columns, [&](index_t p, index_t q) {
        multiply_tile(held.data() + p * kTall, held.data() + q * kWide, steps, stride, sum);
        sum += kTile;
      });
    }
    for (index_t e = 0; e < tiles * kTile; ++e) parts[range * tiles * kTile + e] = D::sum(sums[e]);
  });
  double weight = 0;
  std::fill(s, s + n * n, 0.0);
  std::fill(d, d + n, 0.0);
  for (index_t range = 0; range < ranges; ++range) {
    const double* part = parts.data() + range * tiles * kTile;
    upper_tiles(columns, [&](index_t p, index_t q) {
      for (index_t e = 0; e < kTile; ++e) {
        const index_t i = p * kTall + e / kWide, j = q * kWide + e % kWide;
        if (i > j || j > n) continue;
        (j < n ? s[i * n + j] : i < n ? d[i] : weight) += part[e];
      }
      part += kTile;
    });
  }
  return weight;
}

template double narrow_scatter<float>(MatrixView<const float>, VectorView<const float>, const float*, Weights, double*,
                                      double*);
template double narrow_scatter<double>(MatrixView<const double>, VectorView<const double>, const double*, Weights, double*,
                                       double*);

}  // namespace mmlcore
