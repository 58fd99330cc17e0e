// The sum of products of two contiguous vectors, in four chains of SIMD vectors that overlap (Eigen's `dot`, compiled once).
// Long vectors are summed by blocks, whose sums are added in float64: a chain of a million float32 additions would keep
// three digits. One order of additions for a length: the same bits wherever it is called.
#pragma once

#include <algorithm>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kDotBlock = 2048;

// The sum of part(first, size) over the blocks of n numbers.
template <class T, class F>
T sum_by_blocks(index_t n, F&& part) {
  if (n <= kDotBlock) return part(0, n);
  double sum = 0;
  for (index_t i = 0; i < n; i += kDotBlock) sum += part(i, std::min(kDotBlock, n - i));
  return static_cast<T>(sum);
}

template <Real T>
T dot_block(const T* x, const T* y, index_t n);

extern template float dot_block<float>(const float*, const float*, index_t);
extern template double dot_block<double>(const double*, const double*, index_t);

template <Real T>
T dot(const T* x, const T* y, index_t n) {
  return sum_by_blocks<T>(n, [=](index_t i, index_t size) { return dot_block(x + i, y + i, size); });
}

}  // namespace mmlcore
