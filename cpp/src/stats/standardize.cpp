#include "mmlcore/stats/standardize.hpp"

#include <algorithm>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/parallel.hpp"

namespace mmlcore {
namespace {

constexpr index_t kWork = index_t{1} << 15;   // numbers of a task, at least
constexpr index_t kBlock = index_t{1} << 12;  // numbers that are copied across and then divided in the first-level cache
constexpr index_t kWide = 64;                 // columns that fill vectors
constexpr index_t kFewRows = 16;              // of columns that are divided beside each other

// Of each column; those of few columns are repeated, `period` of them, unless it is 0.
struct Scales {
  const double *mean, *low, *scale;
  index_t period;
  Scales from(index_t j) const { return {mean + j, low + j, scale + j, 0}; }
};

// Numbers side by side, each with a mean and a scale; `to` may be `from`.
template <class T>
void divide_row(const T* from, const Scales& by, T* to, index_t n) {
  const double *const mean = by.mean, *const low = by.low, *const scale = by.scale;
#pragma GCC ivdep
  for (index_t j = 0; j < n; ++j) to[j] = static_cast<T>(((from[j] - mean[j]) - low[j]) / scale[j]);
}

// A column, which has one of each.
template <class T>
void divide_column(const T* from, double mean, double low, double scale, T* to, index_t n) {
  for (index_t i = 0; i < n; ++i) to[i] = static_cast<T>(((from[i] - mean) - low) / scale);
}

// Rows of `to` contiguous. Several short ones without gaps are one row.
template <class T>
void divide_rows(MatrixView<const T> x, const Scales& by, MatrixView<T> to) {
  const index_t n = x.rows, d = x.cols;
  if (x.col_stride != 1) {
    copy<T>(x, to);
    x = to;
  }
  if (by.period && x.row_stride == d && to.row_stride == d) {
    for (index_t k = 0; k < n * d; k += by.period) divide_row(x.data + k, by, to.data + k, std::min(by.period, n * d - k));
    return;
  }
  for (index_t i = 0; i < n; ++i) divide_row(&x(i, 0), by, &to(i, 0), d);
}

// `count` of every d numbers, those of `given` again and again, or `otherwise`.
const double* repeated(const double* given, double otherwise, index_t d, index_t count, Buffer<double>& memory) {
  if (given && count == d) return given;
  memory = Buffer<double>(count);
  for (index_t j = 0; j < count; ++j) memory[j] = given ? given[j % d] : otherwise;
  return memory.data();
}

}  // namespace

template <class T>
void scale_columns(MatrixView<const T> x, const double* mean, const double* low, const double* scale, MatrixView<T> to) {
  const index_t n = x.rows, d = x.cols;
  if (n == 0 || d == 0) return;
  Buffer<double> means, lows, scales;
  const index_t period = 2 * d <= kWide && n * d >= 4 * kWide ? kWide / d * d : 0, length = std::max(d, period);
  const Scales by{repeated(mean, 0, d, length, means), repeated(low, 0, d, length, lows),
                  repeated(scale, 1, d, length, scales), period};
  if (to.col_stride == 1 && (d > 1 || to.row_stride != 1)) {
    const index_t step = std::max<index_t>(1, kBlock / d);
    parallel_ranges(n, kWork / d + 1, [&](index_t first, index_t last) {
      for (index_t i = first; i < last; i += step) {
        const index_t count = std::min(step, last - i);
        divide_rows<T>(x.block(i, 0, count, d), by, to.block(i, 0, count, d));
      }
    });
    return;
  }
  if (n <= kFewRows && d > 1) {
    const index_t step = kBlock / n;
    parallel_ranges((d + step - 1) / step, kWork / (n * step) + 1, [&](index_t first, index_t last) {
      Buffer<T> memory(n * step);
      for (index_t j = first * step; j < std::min(d, last * step); j += step) {
        const index_t count = std::min(step, d - j);
        const MatrixView<T> rows = c_order(memory.data(), n, count);
        divide_rows<T>(x.block(0, j, n, count), by.from(j), rows);
        copy<T>(rows, to.block(0, j, n, count));
      }
    });
    return;
  }
  const bool straight = x.row_stride == 1 && to.row_stride == 1;
  const index_t pieces = std::clamp<index_t>(n / kBlock, 1, 1 << 10), step = (n + pieces - 1) / pieces;
  parallel_ranges(d * pieces, kWork / step + 1, [&](index_t first, index_t last) {
    for (index_t task = first; task < last; ++task) {
      const index_t j = task / pieces, i = task % pieces * step, count = std::min(step, n - i);
      if (count <= 0) continue;
      const MatrixView<T> out = to.block(i, j, count, 1);
      const double m = by.mean[j], l = by.low[j], s = by.scale[j];
      if (straight) {
        divide_column<T>(&x(i, j), m, l, s, &out(0, 0), count);
      } else {
        for (index_t k = 0; k < count; ++k) out(k, 0) = static_cast<T>(((x(i + k, j) - m) - l) / s);
      }
    }
  });
}

template <class T>
bool all_zero(MatrixView<const T> x, const bool* chosen) {
  Buffer<index_t> columns(x.cols);
  index_t many = 0;
  for (index_t j = 0; j < x.cols; ++j) {
    if (chosen[j]) columns[many++] = j;
  }
  if (std::abs(x.row_stride) < std::abs(x.col_stride)) {
    for (index_t k = 0; k < many; ++k) {
      for (index_t i = 0; i < x.rows; ++i) {
        if (x(i, columns[k]) != 0) return false;
      }
    }
    return true;
  }
  for (index_t i = 0; many > 0 && i < x.rows; ++i) {
    bool other = false;
    for (index_t k = 0; k < many; ++k) other |= x(i, columns[k]) != 0;
    if (other) return false;
  }
  return true;
}

template void scale_columns<float>(MatrixView<const float>, const double*, const double*, const double*, MatrixView<float>);
template void scale_columns<double>(MatrixView<const double>, const double*, const double*, const double*,
                                    MatrixView<double>);
template bool all_zero<float>(MatrixView<const float>, const bool*);
template bool all_zero<double>(MatrixView<const double>, const bool*);

}  // namespace mmlcore
