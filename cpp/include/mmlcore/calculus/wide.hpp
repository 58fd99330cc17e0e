// Functions of float64 vectors for vectors of float32: both halves, and rounded once.
#pragma once

#include "mmlcore/core/simd.hpp"

namespace mmlcore::calculus {

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
      typename D::Vec v;
      for (int i = 0; i < D::width; ++i) v[i] = numbers[half * D::width + i];
      v = f(v);
      for (int i = 0; i < D::width; ++i) numbers[half * D::width + i] = static_cast<float>(v[i]);
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
      typename D::Vec u, v;
      for (int i = 0; i < D::width; ++i) u[i] = a[half * D::width + i], v[i] = b[half * D::width + i];
      u = f(u, v);
      for (int i = 0; i < D::width; ++i) a[half * D::width + i] = static_cast<float>(u[i]);
    }
    return S::load(a);
  }
}

}  // namespace mmlcore::calculus
