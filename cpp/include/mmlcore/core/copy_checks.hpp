// What is done with the vectors and numbers of a copy on their way: whether all are finite, or nothing.
#pragma once

#include "mmlcore/core/simd.hpp"

namespace mmlcore::detail {

// Sums x * 0 in vectors and scalars.
template <class T>
struct FiniteCheck {
  typename Simd<T>::Vec vectors{};
  T scalars = 0;
  void operator()(typename Simd<T>::Vec v) { vectors += v * Simd<T>::splat(0); }
  void operator()(T x) { scalars += x * 0; }
  bool finite() const {
    T sum = scalars;
    for (int i = 0; i < Simd<T>::width; ++i) sum += vectors[i];
    return sum == 0;
  }
};

struct NoCheck {
  template <class X>
  void operator()(const X&) {}
  bool finite() const { return true; }
};

}  // namespace mmlcore::detail
