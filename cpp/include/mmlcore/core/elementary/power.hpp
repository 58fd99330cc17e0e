// x^y and the cube root.
//
// |x|^y = exp(y log|x|) with the logarithm and the product in doubled numbers: high + low, and exp(high + low) is
// exp(high) (1 + low). The sign is that of x where y is odd. The cube root of 2^(3q) m is 2^q cbrt(m): a polynomial gives
// ten bits, and each of Halley's steps, y <- y + y (m - y^3) / (2 y^3 + m), three times as many.
#pragma once

#include <cmath>

#include "mmlcore/core/elementary/double_double.hpp"
#include "mmlcore/core/elementary/exponential.hpp"

namespace mmlcore::elementary {

namespace detail {

// exp(x.high + x.low) with little more than half a unit of error: powers that are whole numbers come out whole.
[[gnu::always_inline]] inline Vec exp_of_doubled(DoubleDouble x) {
  const Vec high = clamp(x.high, -750, 710), low = high == x.high ? x.low : Vec{};
  const Reduced at = reduce_by_ln2(high);
  const Vec r = at.r + low;
  const DoubleDouble linear = quick_sum(splat(1), r);
  return scale(linear.high + (linear.low + beyond_linear(r)), at.n);
}

}  // namespace detail

[[gnu::always_inline]] inline Vec pow(Vec x, Vec y) {
  const Vec size = V::abs(x);
  const Mask tiny = size < 0x1p-1022;
  const auto [f, e] = detail::split(tiny ? size * 0x1p54 : size, tiny ? splat(-54) : Vec{});
  const DoubleDouble l = doubled_log(f, e);
  const DoubleDouble p = two_product(y, l.high);
  Vec result = detail::exp_of_doubled({p.high, V::fma(y, l.low, p.low)});
  if (any(x < 0)) {
    const Vec half = 0.5 * y;
    const Mask whole = round_to_integer(y).value == y, odd = whole & (round_to_integer(half).value != half);
    result = x < 0 ? (whole ? (odd ? -result : result) : splat(kNaN)) : result;
  }
  const Mask special = ~((size > 0) & (size < kInfinity) & (V::abs(y) < 0x1p51));
  if (any(special)) {
    for (int i = 0; i < V::width; ++i) {
      if (special[i]) result[i] = std::pow(x[i], y[i]);
    }
  }
  return result;
}

// x^n for whole n by squarings and products of doubled numbers, whose error is that of rounding the result. The C library
// takes what is near the ends of the range, where what is kept of a rounding is no number any more.
[[gnu::always_inline]] inline Vec integer_power(Vec x, int n) {
  const auto times = [](DoubleDouble a, DoubleDouble b) {
    const DoubleDouble p = two_product(a.high, b.high);
    return quick_sum(p.high, p.low + (a.high * b.low + a.low * b.high));
  };
  DoubleDouble power{splat(1), Vec{}}, square{x, Vec{}};
  bool empty = true;
  for (unsigned rest = static_cast<unsigned>(n < 0 ? -n : n); rest; rest >>= 1) {
    if (rest & 1) power = empty ? square : times(power, square), empty = false;
    if (rest > 1) square = times(square, square);
  }
  const Vec size = V::abs(power.high), plain = n < 0 ? divide({splat(1), Vec{}}, power).high : power.high;
  const Mask good = ((size > 1e-250) & (size < 1e250));
  const Vec zero = n < 0 ? 1 / (n % 2 ? x : V::abs(x)) : n % 2 ? x : V::abs(x);
  return patch(x == 0 ? zero : plain, ~(good | (x == 0)), x, [n](double v) { return std::pow(v, n); });
}

[[gnu::always_inline]] inline Vec cbrt(Vec x) {
  const Vec size = V::abs(x);
  const Mask tiny = size < 0x1p-1022;
  const auto [f, e] = detail::split(tiny ? size * 0x1p54 : size, tiny ? splat(-54) : Vec{});
  const Rounded q = round_to_integer(e * (1.0 / 3));
  const Vec m = (1 + f) * power_of_two(round_to_integer(e - 3 * q.value).bits);  // in [0.35, 2.83)
  Vec y =
      polynomial(m, 0.44276505581967374, 0.9011535227368499, -0.4769687552556683, 0.15467654465319478, -0.01975340451594129);
  const auto step = [&] {
    const Vec square = y * y, cube = square * y;
    y = y + y * V::fma(-square, y, m) / (cube + cube + m);
  };
  step();
  step();
  const Mask plain = (size > 0) & (size < kInfinity);
  return plain ? with_sign(y * power_of_two(q.bits), x) : x;
}

}  // namespace mmlcore::elementary
