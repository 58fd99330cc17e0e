// The sum of products of two contiguous vectors, in four chains of SIMD vectors that overlap. Long vectors are summed by
// blocks, whose sums are added in float64: a chain of a million float32 additions would keep three digits. One order of
// additions for a length: the same bits wherever it is called.
#pragma once

#include <algorithm>

#include "mmlcore/core/simd.hpp"
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

template <class T>
T dot_block(const T* x, const T* y, index_t n) {
  using S = Simd<T>;
  T sum = 0;
  index_t i = 0;
  if (n >= S::width) {
    typename S::Vec s0{}, s1{}, s2{}, s3{};
    for (; i + 4 * S::width <= n; i += 4 * S::width) {
      s0 += S::load(x + i) * S::load(y + i);
      s1 += S::load(x + i + S::width) * S::load(y + i + S::width);
      s2 += S::load(x + i + 2 * S::width) * S::load(y + i + 2 * S::width);
      s3 += S::load(x + i + 3 * S::width) * S::load(y + i + 3 * S::width);
    }
    for (; i + S::width <= n; i += S::width) s0 += S::load(x + i) * S::load(y + i);
    s0 = (s0 + s1) + (s2 + s3);
    sum = S::sum(s0);
  }
  for (; i < n; ++i) sum += x[i] * y[i];
  return sum;
}

template <class T>
T dot(const T* x, const T* y, index_t n) {
  return sum_by_blocks<T>(n, [=](index_t i, index_t size) { return dot_block(x + i, y + i, size); });
}

}  // namespace mmlcore
