// A complex number in each lane: real and imaginary parts in a register each, so that a product is four multiply-adds of
// whole vectors and no shuffle. What an elimination written once for real and complex lanes asks of a number is below.
#pragma once

#include "mmlcore/core/numbers.hpp"
#include "mmlcore/core/simd.hpp"

namespace mmlcore {

template <Real T>
struct ComplexLanes {
  using Vec = typename Simd<T>::Vec;
  Vec re, im;

  friend ComplexLanes operator*(const ComplexLanes& x, const ComplexLanes& y) {
    return {x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re};
  }
  friend ComplexLanes operator-(const ComplexLanes& x, const ComplexLanes& y) { return {x.re - y.re, x.im - y.im}; }
  ComplexLanes& operator*=(const ComplexLanes& y) { return *this = *this * y; }
  ComplexLanes& operator-=(const ComplexLanes& y) { return *this = *this - y; }
};

namespace detail {
template <Number T>
struct LaneNumberOf {
  using type = typename Simd<T>::Vec;
};
template <Real T>
struct LaneNumberOf<std::complex<T>> {
  using type = ComplexLanes<T>;
};
}  // namespace detail

// A number of type T in each lane, and how many vectors that takes.
template <Number T>
using LaneNumber = typename detail::LaneNumberOf<T>::type;
template <Number T>
inline constexpr int kLaneParts = Complex<T> ? 2 : 1;

template <Number T>
[[gnu::always_inline]] inline LaneNumber<T> lane_choose(typename Simd<RealPart<T>>::Mask mask, const LaneNumber<T>& x,
                                                        const LaneNumber<T>& y) {
  if constexpr (Complex<T>) {
    return {mask ? x.re : y.re, mask ? x.im : y.im};
  } else {
    return mask ? x : y;
  }
}

// What numbers are compared by: |x|, of complex ones |x|^2.
template <Number T>
[[gnu::always_inline]] inline typename Simd<RealPart<T>>::Vec lane_size(const LaneNumber<T>& x) {
  if constexpr (Complex<T>) {
    return x.re * x.re + x.im * x.im;
  } else {
    return Simd<T>::abs(x);
  }
}

// 1 / x, of complex numbers where |x|^2 is a normal number.
template <Number T>
[[gnu::always_inline]] inline LaneNumber<T> lane_inverse(const LaneNumber<T>& x) {
  if constexpr (Complex<T>) {
    const auto scale = 1 / lane_size<T>(x);
    return {x.re * scale, -x.im * scale};
  } else {
    return 1 / x;
  }
}

}  // namespace mmlcore
