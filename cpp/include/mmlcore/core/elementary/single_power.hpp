// x^y of float32 vectors: see single.hpp.
//
// 2^(y log2|x|) in plain float64, half a vector at a time: y log2|x| is at most 150 where the result is a number of float32,
// so that float64 leaves 19 digits more than are asked for, and nothing has to be doubled, as it has in power.hpp. With
// |x| = 2^e (1 + f) and s = f / (2 + f), log2|x| = e + 2 / ln 2 atanh(s): five coefficients for atanh (4e-12), seven for
// 2^r, |r| <= 1/2 (2e-9). Subnormal numbers of float32 are none of float64, and results are rounded once: 0.55 units at
// most.
#pragma once

#include <cmath>

#include "mmlcore/core/elementary/single.hpp"

namespace mmlcore::elementary {

namespace detail {

// Numbers of float32, as float64.
[[gnu::always_inline]] inline Vec float_power(Vec x, Vec y) {
  const Vec size = V::abs(x);
  const auto [f, e] = split(size, Vec{});
  const Vec s = f / (2 + f), z = s * s;
  const Vec series = polynomial(z, 1.0, 0.333333326189813, 0.20000193188714685, 0.1426747683575749, 0.11809046060867964);
  const Vec p = y * V::fma(s * 2.8853900817779268, series, e);
  const Vec bounded = p < -200 ? splat(-200) : p > 200 ? splat(200) : p;
  const Rounded n = round_to_integer(bounded);
  const Vec r = bounded - n.value;
  const Vec power = polynomial(r, 1.0000000005542122, 0.6931472057371026, 0.24022646890288119, 0.055503287772290605,
                               0.009618488994630098, 0.0013399931134849882, 0.0001534580189651078);
  Vec result = power * power_of_two(n.bits);
  const Mask regular = (size > 0) & (size < kInfinity) & (V::abs(y) < 0x1p51);
  if (any(x < 0)) {
    const Vec half = 0.5 * y;
    const Mask whole = round_to_integer(y).value == y, odd = whole & (round_to_integer(half).value != half);
    result = x < 0 ? (whole ? (odd ? -result : result) : splat(kNaN)) : result;
  }
  if (any(~regular)) {
    for (int i = 0; i < V::width; ++i) {
      if (!regular[i]) result[i] = std::pow(x[i], y[i]);
    }
  }
  return result;
}

}  // namespace detail

[[gnu::always_inline]] inline Floats pow(Floats x, Floats y) {
  return wide<float>([](Vec a, Vec b) { return detail::float_power(a, b); }, x, y);
}

}  // namespace mmlcore::elementary
