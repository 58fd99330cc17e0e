#include "mmlcore/stats/standardize.hpp"

#include <algorithm>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/parallel.hpp"

namespace mmlcore {
namespace {

constexpr index_t kWork = index_t{1} << 15;   // numbers of a task, at least
constexpr index_t kBlock = index_t{1} << 12;  // numbers that are copied across and then divided in the first-level cache

// A row of numbers, each with its own mean and scale.
template <class T>
void divide_row(const T* from, const double* mean, const double* low, const double* scale, T* to, index_t n) {
  for (index_t j = 0; j < n; ++j) to[j] = static_cast<T>(((from[j] - mean[j]) - low[j]) / scale[j]);
}

// A column, which has one of each.
template <class T>
void divide_column(const T* from, double mean, double low, double scale, T* to, index_t n) {
  for (index_t i = 0; i < n; ++i) to[i] = static_cast<T>(((from[i] - mean) - low) / scale);
}

}  // namespace

template <class T>
void scale_columns(MatrixView<const T> x, const double* mean, const double* low, const double* scale, MatrixView<T> to) {
  const index_t n = x.rows, d = x.cols;
  if (n == 0 || d == 0) return;
  Buffer<double> numbers(3 * d);
  double *const m = numbers.data(), *const l = m + d, *const s = l + d;
  for (index_t j = 0; j < d; ++j) {
    m[j] = mean ? mean[j] : 0;
    l[j] = low ? low[j] : 0;
    s[j] = scale ? scale[j] : 1;
  }
  const bool rows = to.col_stride == 1 && (d > 1 || to.row_stride != 1);
  const bool straight = rows ? x.col_stride == 1 : x.row_stride == 1;
  if (rows) {
    const index_t step = std::max<index_t>(1, kBlock / d);
    parallel_ranges(n, kWork / d + 1, [&](index_t first, index_t last) {
      for (index_t i = first; i < last; i += step) {
        const index_t count = std::min(step, last - i);
        if (!straight) copy<T>(x.block(i, 0, count, d), to.block(i, 0, count, d));
        for (index_t k = i; k < i + count; ++k) divide_row<T>(straight ? &x(k, 0) : &to(k, 0), m, l, s, &to(k, 0), d);
      }
    });
    return;
  }
  const index_t pieces = std::clamp<index_t>(n / kBlock, 1, 1 << 10), step = (n + pieces - 1) / pieces;
  parallel_ranges(d * pieces, kWork / step + 1, [&](index_t first, index_t last) {
    for (index_t task = first; task < last; ++task) {
      const index_t j = task / pieces, i = task % pieces * step, count = std::min(step, n - i);
      if (count <= 0) continue;
      const MatrixView<T> out = to.block(i, j, count, 1);
      if (!straight || to.row_stride != 1) {
        for (index_t k = 0; k < count; ++k) out(k, 0) = static_cast<T>(((x(i + k, j) - m[j]) - l[j]) / s[j]);
      } else {
        divide_column<T>(&x(i, j), m[j], l[j], s[j], &out(0, 0), count);
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
