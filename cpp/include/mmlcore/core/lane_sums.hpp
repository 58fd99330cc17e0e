// The sums of several vectors at once: a transpose in registers whose every step is followed by additions, so that half as
// many vectors are left for the next. A sum of lanes by itself waits for each of its additions.
#pragma once

#include <utility>

#include "mmlcore/core/simd.hpp"

namespace mmlcore {
namespace detail {

// The first steps leave the sums of `Count` vectors side by side, in parts; these are added to one another.
template <int Step, int Count, class T>
inline void sum_steps(typename Simd<T>::Vec* v) {
  constexpr std::make_integer_sequence<int, Simd<T>::width> lanes;
  using Vec = typename Simd<T>::Vec;
  using Mask = typename Simd<T>::Mask;
  if constexpr (Step < Count) {
#pragma GCC unroll 16
    for (int i = 0; i < Count; i += 2 * Step) {
      exchange_blocks<Step, Vec, Mask>(v[i], v[i + Step], lanes);
      v[i] += v[i + Step];
    }
    sum_steps<2 * Step, Count, T>(v);
  } else if constexpr (Step < Simd<T>::width) {
    Vec other = v[0];
    exchange_blocks<Step, Vec, Mask>(v[0], other, lanes);
    v[0] += other;
    sum_steps<2 * Step, Count, T>(v);
  }
}

}  // namespace detail

// The sums of `Count` vectors, a power of two, one a lane: the steps of a transpose, each followed by additions that halve
// what is left.
template <class T, int Count = Simd<T>::width>
inline __attribute__((always_inline)) typename Simd<T>::Vec sums_of_lanes(typename Simd<T>::Vec* v) {
  detail::sum_steps<1, Count, T>(v);
  return v[0];
}

}  // namespace mmlcore
