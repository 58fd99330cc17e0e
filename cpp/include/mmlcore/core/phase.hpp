// The direction of a complex number.
#pragma once

#include <cmath>
#include <complex>
#include <limits>

namespace mmlcore {

// x / |x|, 1 for zero. A subnormal |x| has few digits left, and x over it would not have length 1: it is brought up before.
template <class T>
std::complex<T> phase_of(std::complex<T> x) {
  T size = std::abs(x);
  if (size < std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon()) {
    x *= 1 / std::numeric_limits<T>::min();
    size = std::abs(x);
  }
  return size > 0 ? x / size : std::complex<T>(1);
}

}  // namespace mmlcore
