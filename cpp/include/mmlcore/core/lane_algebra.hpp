// The few operations that algorithms need which are written once for numbers and for vectors of lanes (core/lanes.hpp):
// square roots, inner products and y += a x with strides.
//
// `axpy` of few contiguous numbers is a plain loop, 1.1 to 2 times as fast as Eigen's up to 30 of them, which takes steps to
// an aligned address first (bench/cpp, "axpy"). Where these pay, from kShortAxpy on, it is Eigen's, compiled once.
#pragma once

#include <cmath>
#include <type_traits>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

template <class V>
inline __attribute__((always_inline)) V square_root(V x) {
  if constexpr (std::is_arithmetic_v<V>) {
    return std::sqrt(x);
  } else {
    constexpr int width = sizeof(V) / sizeof(x[0]);
    for (int i = 0; i < width; ++i) x[i] = std::sqrt(x[i]);  // compilers make it one instruction
    return x;
  }
}

// In one chain, for few entries and lanes; dot.hpp is for long vectors of numbers.
template <class V>
inline __attribute__((always_inline)) V inner(VectorView<const V> x, VectorView<const V> y) {
  V sum{};
  for (index_t i = 0; i < x.size; ++i) sum += x[i] * y[i];
  return sum;
}

template <class V>
inline __attribute__((always_inline)) void axpy(V a, VectorView<const V> x, VectorView<V> y) {
  for (index_t i = 0; i < x.size; ++i) y[i] += a * x[i];
}

inline constexpr index_t kShortAxpy = 64;

template <Real T>
void long_axpy(T a, const T* x, T* y, index_t n);

extern template void long_axpy<float>(float, const float*, float*, index_t);
extern template void long_axpy<double>(double, const double*, double*, index_t);

template <Real T>
inline void axpy(T a, const T* __restrict x, T* __restrict y, index_t n) {
  if (n >= kShortAxpy) return long_axpy(a, x, y, n);
  for (index_t i = 0; i < n; ++i) y[i] += a * x[i];
}

}  // namespace mmlcore
