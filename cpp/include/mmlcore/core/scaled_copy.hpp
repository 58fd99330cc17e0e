// A copy times a power of two, in float64 for float32 too. The power is multiplied in two halves: one of them alone might
// leave the range.
#pragma once

#include <cmath>

#include "mmlcore/core/copy.hpp"

namespace mmlcore {

// to = a times 2^-power, equal shapes.
template <class T>
void scaled_copy(MatrixView<const T> a, int power, MatrixView<double> to) {
  if (to.row_stride < to.col_stride) return scaled_copy<T>(a.transposed(), power, to.transposed());
  if constexpr (sizeof(T) == sizeof(double)) {
    copy<double>(a, to);
  } else {
    for (index_t i = 0; i < a.rows; ++i) {
      for (index_t j = 0; j < a.cols; ++j) to(i, j) = a(i, j);
    }
  }
  if (power == 0) return;
  const double half = std::ldexp(1.0, -(power / 2)), rest = std::ldexp(1.0, -(power - power / 2));
  for (index_t i = 0; i < a.rows; ++i) {
    for (index_t j = 0; j < a.cols; ++j) to(i, j) = to(i, j) * half * rest;
  }
}

}  // namespace mmlcore
