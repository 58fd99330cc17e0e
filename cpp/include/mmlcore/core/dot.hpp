// The sum of products of two contiguous vectors: up to kShortDot numbers in place, eight at a time in two chains, beyond in
// four chains of SIMD vectors that overlap (Eigen's `dot`, compiled once). Eigen's inline `dot` takes 1.3 to 2 times as long
// for 8 to 30 numbers (bench/cpp, "inner product"); long vectors are its own.
//
// Long vectors are summed by blocks, whose sums are added in float64: a chain of a million float32 additions would keep
// three digits. One order of additions for a length: the same bits wherever it is called.
#pragma once

#include <algorithm>

#include "mmlcore/core/simd.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kShortDot = 32, kDotBlock = 2048;

// The sum of part(first, size) over the blocks of n numbers.
template <class T, class F>
T sum_by_blocks(index_t n, F&& part) {
  if (n <= kDotBlock) return part(0, n);
  double sum = 0;
  for (index_t i = 0; i < n; i += kDotBlock) sum += part(i, std::min(kDotBlock, n - i));
  return static_cast<T>(sum);
}

template <Real T>
T long_dot(const T* x, const T* y, index_t n);

extern template float long_dot<float>(const float*, const float*, index_t);
extern template double long_dot<double>(const double*, const double*, index_t);

template <Real T>
inline T short_dot(const T* x, const T* y, index_t n) {
  using S = Simd<T, 4 * int{sizeof(T)}>;
  typename S::Vec even{}, odd{};
  index_t i = 0;
  for (; i + 8 <= n; i += 8) {
    even += S::load(x + i) * S::load(y + i);
    odd += S::load(x + i + 4) * S::load(y + i + 4);
  }
  if (i + 4 <= n) {
    even += S::load(x + i) * S::load(y + i);
    i += 4;
  }
  even += odd;
  T sum = (even[0] + even[1]) + (even[2] + even[3]);
  for (; i < n; ++i) sum += x[i] * y[i];
  return sum;
}

// Of one block.
template <Real T>
inline T dot_block(const T* x, const T* y, index_t n) {
  return n <= kShortDot ? short_dot(x, y, n) : long_dot(x, y, n);
}

template <Real T>
T dot(const T* x, const T* y, index_t n) {
  return sum_by_blocks<T>(n, [=](index_t i, index_t size) { return dot_block(x + i, y + i, size); });
}

}  // namespace mmlcore
