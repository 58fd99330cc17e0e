// The sums of several vectors at once: a transpose in registers whose every step is followed by additions, so that half as
// many vectors are left for the next. A sum of lanes by itself waits for each of its additions.
#pragma once

#include <utility>

#include "mmlcore/core/simd.hpp"

namespace mmlcore {
namespace detail {

template <int Step, class T>
inline void sum_steps(typename Simd<T>::Vec* v) {
  if constexpr (Step < Simd<T>::width) {
#pragma GCC unroll 16
    for (int i = 0; i < Simd<T>::width; i += 2 * Step) {
      exchange_blocks<Step, typename Simd<T>::Vec, typename Simd<T>::Mask>(
          v[i], v[i + Step], std::make_integer_sequence<int, Simd<T>::width>{});
      v[i] += v[i + Step];
    }
    sum_steps<2 * Step, T>(v);
  }
}

}  // namespace detail

// The sums of `width` vectors, one a lane: the steps of a transpose, each followed by additions that halve what is left.
template <class T>
inline __attribute__((always_inline)) typename Simd<T>::Vec sums_of_lanes(typename Simd<T>::Vec* v) {
  detail::sum_steps<1, T>(v);
  return v[0];
}

}  // namespace mmlcore
