// W matrices of a stack as the lanes of vectors, each brought near 1 by a power of two.
#pragma once

#include <algorithm>
#include <cmath>

#include "rotate_lanes.hpp"

namespace mmlcore {

// The power of two that brings the largest entry to [1/2, 1), in two factors; false where an entry is not finite.
template <class T>
bool scale_of(const MatrixView<const T>& a, double (&factor)[2], int* power) {
  double top = 0, check = 0;
  for (index_t i = 0; i < a.rows; ++i) {
    for (index_t j = 0; j < a.cols; ++j) {
      const double x = a(i, j);
      check += x * 0;
      top = std::max(top, std::abs(x));
    }
  }
  if (check != 0) return false;
  std::frexp(top, power);
  factor[0] = std::ldexp(1.0, -(*power / 2));
  factor[1] = std::ldexp(1.0, -(*power - *power / 2));
  return true;
}

// Items `first`, `first` + 1, ...; those behind the end of the stack repeat the last. Of wide ones the rows are the columns.
template <class T>
bool load_lanes(const MatrixBatch<const T>& a, index_t first, const LaneColumns& x, int (&power)[Simd<double>::width]) {
  for (index_t lane = 0; lane < Simd<double>::width; ++lane) {
    const MatrixView<const T> item = a[std::min(first + lane, a.count() - 1)];
    const MatrixView<const T> tall = item.rows < item.cols ? item.transposed() : item;
    double factor[2];
    if (!scale_of(tall, factor, &power[lane])) return false;
    for (index_t j = 0; j < x.count; ++j) {
      for (index_t i = 0; i < x.length; ++i) x[j][i][lane] = static_cast<double>(tall(i, j)) * factor[0] * factor[1];
    }
  }
  return true;
}

}  // namespace mmlcore
