// Numbers of twice the digits, as sums of two: high + low, |low| <= half a unit in the last place of high.
//
// The rounding errors of sums and products are themselves numbers and can be kept (T. J. Dekker, "A floating-point technique
// for extending the available precision", Numer. Math. 18, 1971; D. E. Knuth, TAOCP 2, 4.2.2). pow needs a logarithm with 63
// bits, because an error of log(x) is multiplied by up to 709 in exp(y log(x)); the inverse hyperbolic functions are
// logarithms of sums near one, whose last bits decide.
#pragma once

#include "mmlcore/core/elementary/logarithm.hpp"

namespace mmlcore::elementary {

struct DoubleDouble {
  Vec high, low;
};

[[gnu::always_inline]] inline DoubleDouble two_sum(Vec x, Vec y) {
  const Vec s = x + y, part = s - x;
  return {s, (x - (s - part)) + (y - part)};
}
[[gnu::always_inline]] inline DoubleDouble quick_sum(Vec x, Vec y) {  // |x| >= |y|
  const Vec s = x + y;
  return {s, y - (s - x)};
}

[[gnu::always_inline]] inline DoubleDouble two_product(Vec x, Vec y) {
  const Vec p = x * y;
#ifdef __FMA__
  return {p, V::fma(x, y, -p)};
#else
  const auto half = [](Vec v) {  // the upper 26 bits
    return of_bits(bits_of(v) & ~std::uint64_t{0x7ffffff});
  };
  const Vec a = half(x), b = x - a, c = half(y), d = y - c;
  return {p, ((a * c - p) + a * d + b * c) + b * d};
#endif
}

// x / y with one division: the rest is small enough for a product with the reciprocal.
[[gnu::always_inline]] inline DoubleDouble divide(DoubleDouble x, DoubleDouble y) {
  const Vec reciprocal = 1 / y.high, q = x.high * reciprocal;
  const DoubleDouble back = two_product(q, y.high);
  return quick_sum(q, (((x.high - back.high) - back.low) + x.low - q * y.low) * reciprocal);
}

[[gnu::always_inline]] inline DoubleDouble square_root(DoubleDouble x) {  // 0 for 0
  const Vec s = V::sqrt(x.high);
  const DoubleDouble back = two_product(s, s);
  const Vec low = (((x.high - back.high) - back.low) + x.low) / (2 * s);
  return {s, s == 0 ? Vec{} : low};
}

// log(1 + f) + exponent ln 2 with an error of 2^-64 of it, where 1 + f is in [sqrt(1/2), sqrt(2)):
// s = f / (2 + f), log(1 + f) = 2 s + 2/3 s^3 + 2/5 s^5 + ..., the first two terms with all digits.
[[gnu::always_inline]] inline DoubleDouble doubled_log(Vec f, Vec exponent) {
  const DoubleDouble s = divide({f, Vec{}}, two_sum(splat(2), f));
  const DoubleDouble z = two_product(s.high, s.high);
  const Vec z_low = z.low + 2 * s.high * s.low;
  // s (1 + z / 3 + z^2 P(z)): the second and third term first.
  const Vec tail = z.high * z.high *
                   polynomial(z.high, 0.20000000000001128, 0.1428571428505005, 0.11111111259910386, 0.09090892188412408,
                              0.07693378425629965, 0.06628414814325695, 0.06598106231369726);
  constexpr double kThird = 0.3333333333333333, kThirdLow = 1.850371707708594e-17;
  const DoubleDouble third = two_product(z.high, splat(kThird));
  const DoubleDouble more = quick_sum(third.high, third.low + z.high * kThirdLow + z_low * kThird + tail);
  const DoubleDouble product = two_product(s.high, more.high);
  const DoubleDouble sum = quick_sum(s.high, product.high);
  const Vec low = sum.low + (product.low + s.high * more.low + s.low * more.high + s.low);
  const DoubleDouble within = quick_sum(2 * sum.high, 2 * low);
  // ln 2 with 42 bits, whose products with exponents are exact, and the rest.
  const DoubleDouble whole = two_sum(exponent * 0x1.62e42fefa3800p-1, within.high);
  return quick_sum(whole.high, whole.low + (within.low + exponent * 0x1.ef35793c7673p-45));
}

// The logarithm of a number as high + low, for positive, normal, finite numbers.
[[gnu::always_inline]] inline Vec log_of_doubled(DoubleDouble x) { return log(x.high) + x.low / x.high; }

// The product with 1 / ln 10 has an error of little more than half a unit: powers of ten give integers.
[[gnu::always_inline]] inline Vec log10(Vec x) {
  return detail::for_normal(x, [](Vec normal, Vec exponent) {
    const auto [f, e] = detail::split(normal, exponent);
    const DoubleDouble l = doubled_log(f, e);
    const DoubleDouble p = two_product(l.high, splat(0.4342944819032518));
    return p.high + (p.low + (l.low * 0.4342944819032518 + l.high * 1.098319650216765e-17));
  });
}

}  // namespace mmlcore::elementary
