// What a kernel needs that puts numbers of one problem side by side in a vector: which lane is which, sums and products over
// the lanes by a butterfly (log2(width) steps, each of which adds the vector to itself with blocks of lanes exchanged), and
// reciprocals.
//
// A division of eight numbers takes the divider sixteen cycles. Where the processor gives a reciprocal to 14 bits, two steps
// of Newton's, r := r + r (1 - x r), make it right to an ulp or two in a third of the time; one step does for float32.
#pragma once

#include <utility>

#include "mmlcore/core/simd.hpp"

namespace mmlcore {

namespace detail {

template <class S, int... E>
[[gnu::always_inline]] inline typename S::Mask numbered(std::integer_sequence<int, E...>) {
  return typename S::Mask{E...};
}

// The lanes with blocks of `Step` exchanged.
template <class S, int Step, int... E>
[[gnu::always_inline]] inline typename S::Vec exchanged(typename S::Vec v, std::integer_sequence<int, E...>) {
#if defined(__clang__) || __GNUC__ >= 12
  return __builtin_shufflevector(v, v, (E ^ Step)...);
#else
  return __builtin_shuffle(v, typename S::Mask{(E ^ Step)...});
#endif
}

template <class S, int Step, class F>
[[gnu::always_inline]] inline typename S::Vec folded(typename S::Vec v, F&& f) {
  if constexpr (Step == 0) {
    return v;
  } else {
    return folded<S, Step / 2>(f(v, exchanged<S, Step>(v, std::make_integer_sequence<int, S::width>{})), f);
  }
}

}  // namespace detail

// 0, 1, 2, ...
template <class T>
[[gnu::always_inline]] inline typename Simd<T>::Mask lane_numbers() {
  return detail::numbered<Simd<T>>(std::make_integer_sequence<int, Simd<T>::width>{});
}

template <class T>
[[gnu::always_inline]] inline T lane_sum(typename Simd<T>::Vec v) {
  using V = typename Simd<T>::Vec;
  return detail::folded<Simd<T>, Simd<T>::width / 2>(v, [](V x, V y) { return x + y; })[0];
}

template <class T>
[[gnu::always_inline]] inline T lane_product(typename Simd<T>::Vec v) {
  using V = typename Simd<T>::Vec;
  return detail::folded<Simd<T>, Simd<T>::width / 2>(v, [](V x, V y) { return x * y; })[0];
}

template <class T>
[[gnu::always_inline]] inline T lane_max(typename Simd<T>::Vec v) {
  using V = typename Simd<T>::Vec;
  return detail::folded<Simd<T>, Simd<T>::width / 2>(v, [](V x, V y) { return x > y ? x : y; })[0];
}

// 1 / x for x that is neither zero nor near the ends of the range.
template <class T>
[[gnu::always_inline]] inline typename Simd<T>::Vec reciprocal(typename Simd<T>::Vec x) {
#ifdef __AVX512F__
  using V = typename Simd<T>::Vec;
  const V one = Simd<T>::splat(1);
  V r;
  if constexpr (sizeof(T) == 8) {
    r = reinterpret_cast<V>(_mm512_maskz_rcp14_pd(0xFF, reinterpret_cast<__m512d>(x)));
    r += r * (one - x * r);
  } else {
    r = reinterpret_cast<V>(_mm512_maskz_rcp14_ps(0xFFFF, reinterpret_cast<__m512>(x)));
  }
  return r + r * (one - x * r);
#else
  return 1 / x;
#endif
}

// n rounded up to whole vectors.
template <class T>
constexpr index_t whole_vectors(index_t n) {
  return (n + Simd<T>::width - 1) / Simd<T>::width * Simd<T>::width;
}

}  // namespace mmlcore
