// A first guess of the mean of each column, close enough to subtract.
#pragma once

#include <algorithm>
#include <cmath>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kSampleRows = 256;

// The mean of up to kSampleRows rows, evenly spaced; where they are all equal, their value, so that a constant column has
// exactly no variance. What is not finite is left out: the pass itself reports it.
template <class T>
void provisional_mean(MatrixView<const T> x, T* shift) {
  const index_t rows = std::min(x.rows, kSampleRows);
  for (index_t j = 0; j < x.cols; ++j) {
    const T first = rows ? x(0, j) : T{0};
    double sum = 0;
    bool equal = true;
    for (index_t r = 0; r < rows; ++r) {
      const T value = x(x.rows * r / rows, j);
      sum += value;
      equal = equal && value == first;
    }
    const T mean = equal ? first : static_cast<T>(sum / static_cast<double>(rows));
    shift[j] = std::isfinite(mean) ? mean : T{0};
  }
}

// Whether the shift lies so far from the mean that the difference took most of a sum of squares `s` away.
inline bool misled(double d, double weight, double s) {
  const double drift = d * d / weight;
  return drift > 0.99 * s && drift > 0 && std::isfinite(s);
}

}  // namespace mmlcore
