// arcsinh, arccosh, arctanh: logarithms of doubled numbers, so that nothing is lost where they are near one:
//   arcsinh(x) = log(x + sqrt(x^2 + 1)),  arccosh(x) = log(x + sqrt(x^2 - 1)),  arctanh(x) = log((1 + x) / (1 - x)) / 2.
#pragma once

#include "mmlcore/core/elementary/double_double.hpp"

namespace mmlcore::elementary {

namespace detail {

inline constexpr double kLn2 = 6.93147180559945286e-01;

// log(x + sqrt(x^2 + c)), x >= 0; log(2 x) where x^2 dwarfs c.
[[gnu::always_inline]] inline Vec log_with_root(Vec x, double c) {
  const Mask large = x > 0x1p30;
  const Vec near = large ? splat(1) : x;
  const DoubleDouble square = two_product(near, near), sum = two_sum(square.high, splat(c));
  const DoubleDouble root = square_root(quick_sum(sum.high, sum.low + square.low)), u = two_sum(near, root.high);
  const Vec logarithm = log(large ? x : u.high);
  return logarithm + (large ? splat(kLn2) : (u.low + root.low) / u.high);
}

}  // namespace detail

[[gnu::always_inline]] inline Vec arcsinh(Vec x) {
  const Vec size = V::abs(x), result = detail::log_with_root(size, 1);
  return (size > 0x1p-28) ? with_sign(result, x) : x;
}

[[gnu::always_inline]] inline Vec arccosh(Vec x) {
  const Vec result = detail::log_with_root(x, -1);
  return x >= 1 ? result : splat(kNaN);
}

[[gnu::always_inline]] inline Vec arctanh(Vec x) {
  const Vec size = V::abs(x), one = splat(1);
  const DoubleDouble quotient = divide(two_sum(one, size), two_sum(one, -size));
  const Vec result = 0.5 * log_of_doubled(quotient);
  const Vec outside = size == 1 ? splat(kInfinity) : splat(kNaN);
  return size > 0x1p-28 ? with_sign(size < 1 ? result : outside, x) : x;
}

}  // namespace mmlcore::elementary
