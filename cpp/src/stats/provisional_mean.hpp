// A first guess of the mean of each column, close enough to subtract.
#pragma once

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "mmlcore/core/buffer.hpp"

namespace mmlcore {

inline constexpr index_t kSampleRows = 64;

// The mean of up to kSampleRows rows, evenly spaced; where they are all equal, their value, so that a constant column has
// exactly no variance. What is not finite is left out: the pass itself reports it.
template <class T>
void provisional_mean(MatrixView<const T> x, T* shift) {
  const index_t n = x.cols, rows = std::min(x.rows, kSampleRows);
  Buffer<double> both(2 * n);  // sums, and how many rows differ from the first
  double* __restrict sums = both.data(), * __restrict others = sums + n;
  std::fill(both.begin(), both.end(), 0.0);
  const auto add = [&](const T* row, auto stride) {
    for (index_t j = 0; j < n; ++j) {
      const T value = row[j * stride];
      sums[j] += value;
      others[j] += value != x.data[j * stride] ? 1.0 : 0.0;
    }
  };
  for (index_t r = 0; r < rows; ++r) {
    const T* row = x.row(x.rows * r / rows).data;
    if (x.col_stride == 1) {
      add(row, std::integral_constant<index_t, 1>{});  // becomes vectors
    } else {
      add(row, x.col_stride);
    }
  }
  for (index_t j = 0; j < n; ++j) {
    const T first = rows ? x(0, j) : T{0};
    const T mean = others[j] == 0 ? first : static_cast<T>(sums[j] / static_cast<double>(rows));
    shift[j] = std::isfinite(mean) ? mean : T{0};
  }
}

// The middle one of three numbers. One that is far from all others is not chosen; of equal ones it is exactly their value.
inline double middle_of(double a, double b, double c) { return std::max(std::min(a, b), std::min(std::max(a, b), c)); }

// Of each column the middle one of three numbers, from the first, the middle and the last row: near enough for sums of one
// column alone, where no product with another is at stake, and cheaper than a sample. What is not finite is left out.
template <class T>
void middle_row(const MatrixView<const T>& x, T* __restrict shift) {
  if (x.rows == 0) {
    std::fill_n(shift, x.cols, T{0});
    return;
  }
  const auto set = [&](auto step) {
    const T *first = &x(0, 0), *middle = &x(x.rows / 2, 0), *last = &x(x.rows - 1, 0);
    for (index_t j = 0; j < x.cols; ++j) {  // becomes vectors: no branch
      const T a = first[j * step], b = middle[j * step], c = last[j * step];
      const T found = std::max(std::min(a, b), std::min(std::max(a, b), c));
      shift[j] = found - found == 0 ? found : T{0};
    }
  };
  if (x.cols == 0) return;
  if (x.col_stride == 1) {
    set(std::integral_constant<index_t, 1>{});
  } else {
    set(x.col_stride);
  }
}

// Whether the shift lies so far from the mean that the difference took most of a sum of squares `s` away.
inline bool misled(double d, double weight, double s) {
  const double drift = d * d / weight;
  return drift > 0.9 * s && drift > 0 && std::isfinite(s);
}

// mean + low = shift + offset, without the rounding of that sum (Knuth's two-sum).
inline void set_mean(double shift, double offset, double& mean, double& low) {
  mean = shift + offset;
  const double part = mean - shift;
  const double rest = (shift - (mean - part)) + (offset - part);
  low = mean - mean == 0 ? rest : 0;  // no branch: loops become vectors
}

}  // namespace mmlcore
