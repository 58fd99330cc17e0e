// Real and complex numbers alike: what algorithms need that are written once for both.
//
// The product of two of C++'s complex numbers looks for NaN and starts again where it finds one, which keeps compilers from
// vectors; `times` is the plain formula, which is right wherever nothing overflows on the way.
#pragma once

#include <cmath>
#include <complex>
#include <type_traits>

#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/lane_algebra.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

template <class T>
concept Complex = std::same_as<T, std::complex<float>> || std::same_as<T, std::complex<double>>;

template <class T>
concept Number = Real<T> || Complex<T>;

namespace detail {
template <class T>
struct RealOf {
  using type = T;
};
template <class T>
struct RealOf<std::complex<T>> {
  using type = T;
};
}  // namespace detail

// float or double: what the parts of a number are.
template <class T>
using RealPart = typename detail::RealOf<T>::type;

template <Number T>
inline T conjugate(T x) {
  if constexpr (Complex<T>) {
    return std::conj(x);
  } else {
    return x;
  }
}

template <Number T>
inline T times(T x, T y) {
  if constexpr (Complex<T>) {
    return {x.real() * y.real() - x.imag() * y.imag(), x.real() * y.imag() + x.imag() * y.real()};
  } else {
    return x * y;
  }
}

template <Number T>
inline T times_power(T x, int power) {
  if constexpr (Complex<T>) {
    return {std::ldexp(x.real(), power), std::ldexp(x.imag(), power)};
  } else {
    return std::ldexp(x, power);
  }
}

// The larger of the sizes of the parts; NaN may vanish.
template <Number T>
inline RealPart<T> largest_part(T x) {
  if constexpr (Complex<T>) {
    return std::max(std::abs(x.real()), std::abs(x.imag()));
  } else {
    return std::abs(x);
  }
}

// 0, or NaN where a part is not finite.
template <Number T>
inline RealPart<T> nothing(T x) {
  if constexpr (Complex<T>) {
    return x.real() * 0 + x.imag() * 0;
  } else {
    return x * 0;
  }
}

template <Complex T>
inline void axpy(T a, const T* __restrict x, T* __restrict y, index_t n) {
  for (index_t i = 0; i < n; ++i) y[i] += times(a, x[i]);
}

// Returns false if any element is NaN or infinite; all is copied either way.
template <Complex T>
bool copy_finite(MatrixView<const T> from, MatrixView<T> to) {
  RealPart<T> check = 0;
  for (index_t i = 0; i < from.rows; ++i) {
    for (index_t j = 0; j < from.cols; ++j) {
      check += nothing(from(i, j));
      to(i, j) = from(i, j);
    }
  }
  return check == 0;
}

template <Complex T>
void copy(MatrixView<const T> from, MatrixView<T> to) {
  copy_finite<T>(from, to);
}

}  // namespace mmlcore
