// What a kernel needs that puts numbers of one problem side by side in a vector: which lane is which, sums and products over
// the lanes by a butterfly (log2(width) steps, each of which adds the vector to itself with blocks of lanes exchanged), and
// reciprocals.
//
// A division of eight numbers takes the divider sixteen cycles, and a square root twice that. Where the processor gives 1 /
// x and 1 / sqrt(x) to 14 bits, two steps of Newton's, r := r + r (1 - x r) and r := r + r / 2 (1 - x r r), make them right
// to an ulp or two in a third of the time; one step does for float32, and where 28 bits are enough (`near_...`).
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
template <class S, int Step, class V, int... E>
[[gnu::always_inline]] inline V exchanged(V v, std::integer_sequence<int, E...>) {
#if defined(__clang__) || __GNUC__ >= 12
  return __builtin_shufflevector(v, v, (E ^ Step)...);
#else
  return __builtin_shuffle(v, typename S::Mask{(E ^ Step)...});
#endif
}

template <class S, int Step, class V, class F>
[[gnu::always_inline]] inline V folded(V v, F&& f) {
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

// The bits that any lane has.
template <class T>
[[gnu::always_inline]] inline typename Simd<T>::Int lane_bits(typename Simd<T>::Mask m) {
  using M = typename Simd<T>::Mask;
  return detail::folded<Simd<T>, Simd<T>::width / 2>(m, [](M x, M y) { return x | y; })[0];
}

namespace detail {

#ifdef __AVX512F__
template <class T>
[[gnu::always_inline]] inline typename Simd<T>::Vec guess_reciprocal(typename Simd<T>::Vec x) {
  using V = typename Simd<T>::Vec;
  if constexpr (sizeof(T) == 8) {
    return reinterpret_cast<V>(_mm512_maskz_rcp14_pd(0xFF, reinterpret_cast<__m512d>(x)));
  } else {
    return reinterpret_cast<V>(_mm512_maskz_rcp14_ps(0xFFFF, reinterpret_cast<__m512>(x)));
  }
}

template <class T>
[[gnu::always_inline]] inline typename Simd<T>::Vec guess_reciprocal_root(typename Simd<T>::Vec x) {
  using V = typename Simd<T>::Vec;
  if constexpr (sizeof(T) == 8) {
    return reinterpret_cast<V>(_mm512_maskz_rsqrt14_pd(0xFF, reinterpret_cast<__m512d>(x)));
  } else {
    return reinterpret_cast<V>(_mm512_maskz_rsqrt14_ps(0xFFFF, reinterpret_cast<__m512>(x)));
  }
}
#endif

template <class T, int Steps>
[[gnu::always_inline]] inline typename Simd<T>::Vec reciprocal(typename Simd<T>::Vec x) {
#ifdef __AVX512F__
  auto r = guess_reciprocal<T>(x);
  for (int step = 0; step < Steps; ++step) r += r * (1 - x * r);
  return r;
#else
  return 1 / x;
#endif
}

template <class T, int Steps>
[[gnu::always_inline]] inline typename Simd<T>::Vec reciprocal_root(typename Simd<T>::Vec x) {
#ifdef __AVX512F__
  auto r = guess_reciprocal_root<T>(x);
  for (int step = 0; step < Steps; ++step) r += r * T{0.5} * (1 - x * r * r);
  return r;
#else
  return 1 / Simd<T>::sqrt(x);
#endif
}

template <class T>
inline constexpr int kNewtonSteps = sizeof(T) == 8 ? 2 : 1;

}  // namespace detail

// 1 / x and 1 / sqrt(x), for x that is neither zero nor near the ends of the range; to 28 bits at least.
template <class T>
[[gnu::always_inline]] inline typename Simd<T>::Vec reciprocal(typename Simd<T>::Vec x) {
  return detail::reciprocal<T, detail::kNewtonSteps<T>>(x);
}
template <class T>
[[gnu::always_inline]] inline typename Simd<T>::Vec reciprocal_root(typename Simd<T>::Vec x) {
  return detail::reciprocal_root<T, detail::kNewtonSteps<T>>(x);
}
template <class T>
[[gnu::always_inline]] inline typename Simd<T>::Vec near_reciprocal(typename Simd<T>::Vec x) {
  return detail::reciprocal<T, 1>(x);
}
template <class T>
[[gnu::always_inline]] inline typename Simd<T>::Vec near_reciprocal_root(typename Simd<T>::Vec x) {
  return detail::reciprocal_root<T, 1>(x);
}

// n rounded up to whole vectors.
template <class T>
constexpr index_t whole_vectors(index_t n) {
  return (n + Simd<T>::width - 1) / Simd<T>::width * Simd<T>::width;
}

}  // namespace mmlcore
