// Functions of float64 vectors for vectors of float32: both halves, and rounded once.
#pragma once

#include "mmlcore/core/simd.hpp"

namespace mmlcore {

// Half of a vector of float32, as float64, and back.
struct HalfFloats {
  typedef float Vec __attribute__((vector_size(kVectorBytes / 2)));
};
[[gnu::always_inline]] inline Simd<double>::Vec widened(const float* from) {
  HalfFloats::Vec half;
  __builtin_memcpy(&half, from, sizeof half);
  return __builtin_convertvector(half, Simd<double>::Vec);
}
[[gnu::always_inline]] inline void narrowed(Simd<double>::Vec v, float* to) {
  const HalfFloats::Vec half = __builtin_convertvector(v, HalfFloats::Vec);
  __builtin_memcpy(to, &half, sizeof half);
}

// A function of float64 vectors for vectors of T.
template <class T, class F>
inline typename Simd<T>::Vec wide(F&& f, typename Simd<T>::Vec x) {
  using S = Simd<T>;
  if constexpr (sizeof(T) == 8) {
    return f(x);
  } else {
    using D = Simd<double>;
    alignas(64) float numbers[S::width];
    S::store(numbers, x);
    for (index_t half = 0; half < 2; ++half) {
      float* const at = numbers + half * D::width;
      narrowed(f(widened(at)), at);
    }
    return S::load(numbers);
  }
}
template <class T, class F>
inline typename Simd<T>::Vec wide(F&& f, typename Simd<T>::Vec x, typename Simd<T>::Vec y) {
  using S = Simd<T>;
  if constexpr (sizeof(T) == 8) {
    return f(x, y);
  } else {
    using D = Simd<double>;
    alignas(64) float a[S::width], b[S::width];
    S::store(a, x);
    S::store(b, y);
    for (index_t half = 0; half < 2; ++half) {
      float* const at = a + half * D::width;
      narrowed(f(widened(at), widened(b + half * D::width)), at);
    }
    return S::load(a);
  }
}

}  // namespace mmlcore
