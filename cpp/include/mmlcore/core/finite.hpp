// Whether all numbers are finite, in one pass at the speed of memory.
//
// x - x is 0 for a finite x and NaN for infinity and NaN, and a sum that meets one NaN stays NaN: so one look at the sum of
// a piece tells of all its numbers, and nothing can overflow on the way. Pieces are shared out between the threads; after a
// bad one the others are left out. Cost: n subtractions and n additions, n numbers read.
#pragma once

#include <atomic>

#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"

namespace mmlcore {

template <Real T>
bool all_finite(const T* x, index_t n) {
  using S = Simd<T>;
  std::atomic<bool> good{true};
  parallel_ranges(n, 1 << 17, [&](index_t i, index_t end) {
    if (!good.load(std::memory_order_relaxed)) return;
    typename S::Vec a{}, b{};
    for (; i + 2 * S::width <= end; i += 2 * S::width) {
      const auto u = S::load(x + i), v = S::load(x + i + S::width);
      a += u - u;
      b += v - v;
    }
    T rest = S::sum(a + b);
    for (; i < end; ++i) rest += x[i] - x[i];
    if (rest != 0) good.store(false, std::memory_order_relaxed);
  });
  return good;
}

}  // namespace mmlcore
