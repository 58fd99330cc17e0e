// arctan, arctan2, arcsin, arccos, and the hypotenuse.
//
// arctan: arguments are brought below 0.66 by arctan(x) = pi/2 - arctan(1/x) and pi/4 + arctan((x - 1) / (x + 1)); there
// x + x z P(z) / Q(z), z = x^2 (the rational approximation of S. L. Moshier, "Methods and Programs for Mathematical
// Functions", 1989). arcsin: x + x R(x^2) up to 1/2, and pi/2 - 2 arcsin(sqrt((1 - x) / 2)) beyond (R as published with 4.3
// BSD's libm).
#pragma once

#include "mmlcore/core/elementary/bits.hpp"

namespace mmlcore::elementary {

namespace detail {

inline constexpr double kHalfPi = 1.57079632679489655800e+00, kHalfPiRest = 6.12323399573676603587e-17;
inline constexpr double kQuarterPi = 7.85398163397448278999e-01;

[[gnu::always_inline]] inline Vec arcsin_quotient(Vec z) {
  const Vec p = z * polynomial(z, 1.66666666666666657415e-01, -3.25565818622400915405e-01, 2.01212532134862925881e-01,
                               -4.00555345006794114027e-02, 7.91534994289814532176e-04, 3.47933107596021167570e-05);
  const Vec q = polynomial(z, 1, -2.40339491173441421878e+00, 2.02094576023350569471e+00, -6.88283971605453293030e-01,
                           7.70381505559019352791e-02);
  return p / q;
}

[[gnu::always_inline]] inline Vec sqrt_low(
    Vec s,
    Vec z) {  // what s, the rounded root of z, lacks: s with half of its bits gives h + (z - h^2) / (s + h)
  const Vec high = reinterpret_cast<Vec>(reinterpret_cast<Mask>(s) & ~std::int64_t{0xffffffff});
  return (z - high * high) / (s + high + 1e-300) - (s - high);
}

}  // namespace detail

[[gnu::always_inline]] inline Vec arctan(Vec x) {
  const Vec size = V::abs(x);
  const Mask large = size > 2.41421356237309504880, middle = size > 0.66;
  const Vec y = large ? -1 / size : middle ? (size - 1) / (size + 1) : size;
  const Vec base = large ? splat(detail::kHalfPi) : middle ? splat(detail::kQuarterPi) : Vec{};
  const Vec rest = large ? splat(detail::kHalfPiRest) : middle ? splat(0.5 * detail::kHalfPiRest) : Vec{};
  const Vec z = y * y;
  const Vec p = polynomial(z, -6.485021904942025371773e+01, -1.228866684490136173410e+02, -7.500855792314704667340e+01,
                           -1.615753718733365076637e+01, -8.750608600031904122785e-01);
  const Vec q = polynomial(z, 1.945506571482613964425e+02, 4.853903996359136964868e+02, 4.328810604912902668951e+02,
                           1.650270098316988542046e+02, 2.485846490142306297962e+01, 1);
  const Vec result = base + (V::fma(y, z * p / q, y) + rest);
  return x == x ? with_sign(result, x) : x;
}

// The angle of the point (x, y): arctan of the smaller over the larger coordinate, and the eighths of a turn to there.
[[gnu::always_inline]] inline Vec arctan2(Vec y, Vec x) {
  const Vec ax = V::abs(x), ay = V::abs(y);
  const Mask steep = ay > ax;
  const Vec small = steep ? ax : ay, large = steep ? ay : ax;
  // 0 / 0 at the origin, infinity over itself on diagonals.
  const Vec ratio = small == large ? (large == 0 ? Vec{} : splat(1)) : small / large;
  const Vec first = arctan(ratio);
  const Vec upper = steep ? detail::kHalfPi - (first - detail::kHalfPiRest) : first;
  const Mask left = reinterpret_cast<Mask>(x) < 0;  // -0 too
  const Vec result = left ? 2 * detail::kHalfPi - (upper - 2 * detail::kHalfPiRest) : upper;
  return x == x ? (y == y ? with_sign(result, y) : y) : x;
}

// sqrt(x^2 + y^2) = a sqrt(1 + (b / a)^2), a the larger: no square overflows. Infinity wins over NaN.
[[gnu::always_inline]] inline Vec hypot(Vec x, Vec y) {
  const Vec ax = V::abs(x), ay = V::abs(y);
  const Vec large = ax > ay ? ax : ay, small = ax > ay ? ay : ax;
  const Vec ratio = small / (large == 0 ? splat(1) : large);
  const Vec result = large * V::sqrt(V::fma(ratio, ratio, splat(1)));
  const Mask infinite = (ax == kInfinity) | (ay == kInfinity);
  return infinite ? splat(kInfinity) : (x == x) & (y == y) ? result : splat(kNaN);
}

// Both from one reduction: `a` = arcsin up to 1/2, and the halved angle beyond.
[[gnu::always_inline]] inline Vec arcsin(Vec x) {
  const Vec size = V::abs(x);
  const Mask far = size > 0.5;
  const Vec z = far ? 0.5 * (1 - size) : size * size, r = detail::arcsin_quotient(z);
  const Vec s = V::sqrt(far ? z : Vec{}), low = far ? detail::sqrt_low(far ? s : splat(1), z) : Vec{};
  const Vec beyond = detail::kHalfPi - (2 * s - (detail::kHalfPiRest - 2 * (s * r + low)));
  const Vec result = with_sign(far ? beyond : V::fma(size, r, size), x);
  const Mask inside = size <= 1;
  return inside ? result : x != x ? x : splat(kNaN);
}

[[gnu::always_inline]] inline Vec arccos(Vec x) {
  const Vec size = V::abs(x);
  const Mask far = size > 0.5;
  const Vec z = far ? 0.5 * (1 - size) : size * size, r = detail::arcsin_quotient(z);
  const Vec s = V::sqrt(far ? z : Vec{}), low = far ? detail::sqrt_low(far ? s : splat(1), z) : Vec{};
  const Vec halved = s + (s * r + low);  // arcsin(sqrt((1 - |x|) / 2))
  const Vec left = 2 * (detail::kHalfPi - (halved - detail::kHalfPiRest));
  const Vec near = detail::kHalfPi - (x - (detail::kHalfPiRest - x * r));
  const Vec result = far ? (x > 0 ? 2 * halved : left) : near;
  const Mask inside = size <= 1;
  return inside ? result : x != x ? x : splat(kNaN);
}

}  // namespace mmlcore::elementary
