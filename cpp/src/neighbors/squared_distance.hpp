// The squared distance of two points of many coordinates, and the search that asks for it. Private to this folder.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

template <class T>
T squared_distance_of_block(const T* x, const T* y, index_t n) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  typename S::Vec sums[4] = {};
  index_t i = 0;
  for (; i + 4 * W <= n; i += 4 * W) {
#pragma GCC unroll 4
    for (int c = 0; c < 4; ++c) {
      const auto gap = S::load(x + i + c * W) - S::load(y + i + c * W);
      sums[c] += gap * gap;
    }
  }
  for (; i + W <= n; i += W) {
    const auto gap = S::load(x + i) - S::load(y + i);
    sums[0] += gap * gap;
  }
  T sum = S::sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
  for (; i < n; ++i) sum += (x[i] - y[i]) * (x[i] - y[i]);
  return sum;
}

template <class T>
T squared_distance(const T* x, const T* y, index_t n) {
  return sum_by_blocks<T>(n, [=](index_t i, index_t size) { return squared_distance_of_block(x + i, y + i, size); });
}

// nearest_neighbors by products and refinement (distances.hpp), for points of many coordinates.
template <class T>
void neighbors_by_product(MatrixView<const T> points, MatrixView<const T> queries, MatrixView<T> distances,
                          MatrixView<std::int64_t> indices);

extern template void neighbors_by_product<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>,
                                                 MatrixView<std::int64_t>);
extern template void neighbors_by_product<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>,
                                                  MatrixView<std::int64_t>);

}  // namespace mmlcore
