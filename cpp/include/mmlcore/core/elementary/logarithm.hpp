// log and log1p.
//
// x = 2^e m with m in [sqrt(1/2), sqrt(2)); with f = m - 1 and s = f / (2 + f), log(m) = 2 atanh(s) = f - s (f - R(s^2))
// where R is a polynomial (the reduction and its minimax coefficients are those of W. Kahan and K. C. Ng, published with 4.3
// BSD's libm and in P. T. P. Tang, "Table-driven implementation of the logarithm function", ACM TOMS 16, 1990).
#pragma once

#include "mmlcore/core/elementary/bits.hpp"

namespace mmlcore::elementary {

namespace detail {

struct Parts {
  Vec f, e;  // x = 2^e (1 + f)
};

[[gnu::always_inline]] inline Parts split(Vec x, Vec exponent) {
  const Bits bits = bits_of(x), shifted = bits - 0x3fe6a09e667f3bcd;  // sqrt(1/2)
  const Bits e = ((shifted + (std::uint64_t{1} << 62)) >> 52) - 1024;
  const Vec f = of_bits(bits - (e << 52)) - 1;
  return {f, of_bits(e + 0x4338000000000000) - 0x1.8p52 + exponent};
}

// log of positive numbers that are neither subnormal nor infinite.
[[gnu::always_inline]] inline Vec log_of_normal(Vec x, Vec exponent) {
  const auto [f, number] = split(x, exponent);
  const Vec s = f / (2 + f), z = s * s, half = 0.5 * f * f;
  const Vec r =
      z * polynomial(z, 6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01,
                     2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01);
  return number * kLn2Hi - ((half - (s * (half + r) + number * kLn2Lo)) - f);
}

}  // namespace detail

namespace detail {

// f(normal, exponent to add) where x is positive and finite, and what every logarithm gives elsewhere.
template <class F>
[[gnu::always_inline]] inline Vec for_normal(Vec x, F&& f) {
  const Mask tiny = x < 0x1p-1022;  // subnormal, zero, negative
  const Vec result = f(tiny ? x * 0x1p54 : x, tiny ? splat(-54) : Vec{});
  const Vec special = x == 0 ? splat(-kInfinity) : x < 0 ? splat(kNaN) : x;
  const Mask plain = (x > 0) & (x < kInfinity);
  return plain ? result : special;
}

}  // namespace detail

[[gnu::always_inline]] inline Vec log(Vec x) { return detail::for_normal(x, detail::log_of_normal); }

// e + log(m) / ln 2, the quotient as a product with 1 / ln 2 in two parts.
[[gnu::always_inline]] inline Vec log2(Vec x) {
  return detail::for_normal(x, [](Vec normal, Vec exponent) {
    const auto [f, e] = detail::split(normal, exponent);
    const Vec l = detail::log_of_normal(f + 1, Vec{});
    return e + V::fma(l, splat(1.44269504088896338700), l * 2.03552737409310331e-17);
  });
}

// log(u) + c / u with u = 1 + x rounded and c what was rounded away.
[[gnu::always_inline]] inline Vec log1p(Vec x) {
  const Vec u = 1 + x, c = x - (u - 1);
  const Vec result = log(u) + c / u;
  const Mask small = V::abs(x) < 0x1p-54, plain = (u > 0) & (u < kInfinity);
  const Vec special = u == 0 ? splat(-kInfinity) : u < 0 ? splat(kNaN) : u;
  return small ? x : plain ? result : special;
}

}  // namespace mmlcore::elementary
