// exp and its relatives.
//
// x = n ln 2 + r with |r| <= ln(2)/2, so exp(x) = 2^n exp(r), and exp(r) is a polynomial; ln 2 is split into a part whose
// product with n is exact and the rest (Cody, Waite, "Software Manual for the Elementary Functions", 1980, chapter 6).
#pragma once

#include "mmlcore/calculus/elementary/bits.hpp"

namespace mmlcore::elementary {

namespace detail {

struct Reduced {
  Vec r;
  Bits n;
};

[[gnu::always_inline]] inline Reduced reduce_by_ln2(Vec x) {
  const Rounded n = round_to_integer(x * 1.44269504088896338700);
  return {V::fma(n.value, splat(-kLn2Lo), V::fma(n.value, splat(-kLn2Hi), x)), n.bits};
}

// exp(r) - 1 - r for |r| <= 0.347: Taylor's polynomial, whose remainder is below 2^-57 r.
[[gnu::always_inline]] inline Vec beyond_linear(Vec r) {
  const Vec q = polynomial(r, 0.5, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880,
                           1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800);
  return r * r * q;
}

inline constexpr double kHalfE = 1.35914091422952255;

[[gnu::always_inline]] inline Vec clamp(Vec x, double low, double high) {  // NaN stays
  x = x < low ? splat(low) : x;
  return x > high ? splat(high) : x;
}

}  // namespace detail

[[gnu::always_inline]] inline Vec exp(Vec x) {
  const detail::Reduced at = detail::reduce_by_ln2(detail::clamp(x, -750, 710));
  return scale(detail::beyond_linear(at.r) + at.r + 1, at.n);
}

// 2^x = 2^n exp((x - n) ln 2), where x - n is exact.
[[gnu::always_inline]] inline Vec exp2(Vec x) {
  const Vec within = detail::clamp(x, -1080, 1025);
  const Rounded n = round_to_integer(within);
  const Vec d = within - n.value, r = V::fma(d, splat(kLn2Hi), d * kLn2Lo);
  return scale(detail::beyond_linear(r) + r + 1, n.bits);
}

// 2^n (exp(r) - 1) + (2^n - 1), what is small last.
[[gnu::always_inline]] inline Vec expm1(Vec x) {
  const detail::Reduced at = detail::reduce_by_ln2(detail::clamp(x, -40, 708));
  const Vec two = power_of_two(at.n);
  const Vec result = V::fma(two, detail::beyond_linear(at.r), V::fma(two, at.r, two - 1));
  const Mask far = x > 708;
  return x == 0 ? x : any(far) ? (far ? exp(x) : result) : result;  // keeps the sign of zero
}

// 1 / (1 + exp(-x)), without overflow: e = exp(-|x|), and 1 or e over 1 + e.
[[gnu::always_inline]] inline Vec expit(Vec x) {
  const Vec e = exp(-V::abs(x));
  return (x < 0 ? e : splat(1)) / (1 + e);
}

// 1 / cosh(x)^2 = 4 e / (1 + e)^2 with e = exp(-2 |x|): all digits of 1 - tanh(x)^2.
[[gnu::always_inline]] inline Vec sech_squared(Vec x) {
  const Vec e = exp(-2 * V::abs(x)), t = 1 + e;
  return 4 * e / (t * t);
}

// 1 - 2 / (exp(2x) + 1), and near zero, where that cancels, x + x z P(z) / Q(z) with z = x^2 (S. L. Moshier, "Methods and
// Programs for Mathematical Functions", 1989).
[[gnu::always_inline]] inline Vec tanh(Vec x) {
  const Vec size = V::abs(x), z = x * x;
  const Vec p = polynomial(z, -1.61468768441708447952e+03, -9.92877231001918586564e+01, -9.64399179425052238628e-01);
  const Vec q = polynomial(z, 4.84406305325125486048e+03, 2.23548839060100448583e+03, 1.12811678491632931402e+02, 1);
  const Vec near = V::fma(x, z * p / q, x), far = 1 - 2 / (exp(2 * size) + 1);
  return x == x ? with_sign(size < 0.625 ? near : far, x) : x;
}

[[gnu::always_inline]] inline Vec sinh(Vec x) {
  const Vec size = V::abs(x), t = expm1(size > 709 ? splat(709) : size);
  const Vec near = 2 * t - t * t / (t + 1), middle = t + t / (t + 1);
  Vec result = 0.5 * (size < 1 ? near : middle);
  const Mask far = size > 709;
  if (any(far)) {  // exp would overflow before half of it does
    result = far ? exp(size - 1) * detail::kHalfE : result;
  }
  result = with_sign(result, x);
  return x == x ? result : x;
}

[[gnu::always_inline]] inline Vec cosh(Vec x) {
  const Vec size = V::abs(x), e = exp(size > 709 ? splat(709) : size);
  Vec result = 0.5 * e + 0.5 / e;
  const Mask far = size > 709;
  if (any(far)) {
    result = far ? exp(size - 1) * detail::kHalfE : result;
  }
  return x == x ? result : x;
}

}  // namespace mmlcore::elementary
