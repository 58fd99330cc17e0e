// sin, cos, tan.
//
// x = n pi/2 + r + t with |r| <= pi/4 and t the rounding error of r: pi/2 is split into parts of 33 bits, whose products
// with n < 2^20 are exact, and what each subtraction rounds away is kept (Cody and Waite, chapter 8). Then sin and cos are
// polynomials in r with t as a correction, chosen and signed by n modulo 4 (coefficients and corrections: K. C. Ng's,
// published with 4.3 BSD's libm). Larger arguments, infinities and NaN go to the C library, number by number.
#pragma once

#include <cmath>

#include "mmlcore/core/elementary/bits.hpp"

namespace mmlcore::elementary {

namespace detail {

struct Angle {
  Vec r, t;
  Bits quarter;
  Mask beyond;  // not reduced
};

[[gnu::always_inline]] inline Angle reduce_by_quarters(Vec x) {
  const Mask within = V::abs(x) < 1.6e6;
  x = within ? x : Vec{};
  const Rounded n = round_to_integer(x * 6.36619772367581382433e-01);
  Vec r = x - n.value * 1.57079632673412561417e+00;
  const Vec w = n.value * 6.07710050630396597660e-11, r1 = r - w;
  Vec t = (r - r1) - w;
  const Vec w2 = n.value * 2.02226624871116645580e-21, r2 = r1 - w2;
  t += ((r1 - r2) - w2) - n.value * 8.47842766036889956997e-32;
  r = r2 + t;
  t = (r2 - r) + t;
  return {r, t, n.bits, ~within};
}

[[gnu::always_inline]] inline Vec sin_near_zero(Vec r, Vec t) {
  const Vec z = r * r, v = z * r;
  const Vec p = polynomial(z, 8.33333333332248946124e-03, -1.98412698298579493134e-04, 2.75573137070700676789e-06,
                           -2.50507602534068634195e-08, 1.58969099521155010221e-10);
  return r - ((z * (0.5 * t - v * p) - t) - v * -1.66666666666666324348e-01);
}

[[gnu::always_inline]] inline Vec cos_near_zero(Vec r, Vec t) {
  const Vec z = r * r, half = 0.5 * z, w = 1 - half;
  const Vec p = z * polynomial(z, 4.16666666666666019037e-02, -1.38888888888741095749e-03, 2.48015872894767294178e-05,
                               -2.75573143513906633035e-07, 2.08757232129817482790e-09, -1.13596475577881948265e-11);
  return w + (((1 - w) - half) + (z * p - r * t));
}

[[gnu::always_inline]] inline Vec negated(Vec x, Bits where) { return of_bits(bits_of(x) ^ (where << 63)); }

}  // namespace detail

[[gnu::always_inline]] inline Vec sin(Vec x) {
  const detail::Angle at = detail::reduce_by_quarters(x);
  const Mask odd = (at.quarter & 1) != 0;
  const Vec s = detail::sin_near_zero(at.r, at.t), c = detail::cos_near_zero(at.r, at.t);
  const Vec result = detail::negated(odd ? c : s, (at.quarter >> 1) & 1);
  return patch(x == 0 ? x : result, at.beyond, x, [](double y) { return std::sin(y); });
}

[[gnu::always_inline]] inline Vec cos(Vec x) {
  const detail::Angle at = detail::reduce_by_quarters(x);
  const Mask odd = (at.quarter & 1) != 0;
  const Vec s = detail::sin_near_zero(at.r, at.t), c = detail::cos_near_zero(at.r, at.t);
  const Vec result = detail::negated(odd ? s : c, ((at.quarter + 1) >> 1) & 1);
  return patch(result, at.beyond, x, [](double y) { return std::cos(y); });
}

// Both for the price of one and the choice between the polynomials.
struct SinCos {
  Vec sin, cos;
};
[[gnu::always_inline]] inline SinCos sin_and_cos(Vec x) {
  const detail::Angle at = detail::reduce_by_quarters(x);
  const Mask odd = (at.quarter & 1) != 0;
  const Vec s = detail::sin_near_zero(at.r, at.t), c = detail::cos_near_zero(at.r, at.t);
  const Vec sine = detail::negated(odd ? c : s, (at.quarter >> 1) & 1);
  const Vec cosine = detail::negated(odd ? s : c, ((at.quarter + 1) >> 1) & 1);
  return {patch(x == 0 ? x : sine, at.beyond, x, [](double y) { return std::sin(y); }),
          patch(cosine, at.beyond, x, [](double y) { return std::cos(y); })};
}

[[gnu::always_inline]] inline Vec tan(Vec x) {
  const detail::Angle at = detail::reduce_by_quarters(x);
  const Mask odd = (at.quarter & 1) != 0;
  const Vec s = detail::sin_near_zero(at.r, at.t), c = detail::cos_near_zero(at.r, at.t);
  const Vec result = odd ? -c / s : s / c;
  return patch(x == 0 ? x : result, at.beyond, x, [](double y) { return std::tan(y); });
}

}  // namespace mmlcore::elementary
