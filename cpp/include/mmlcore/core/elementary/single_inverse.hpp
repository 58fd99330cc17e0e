// arctan, arcsin, arccos and the cube root of float32 vectors, in their own arithmetic: see single.hpp.
//
// Of 100,000 numbers, best of three runs beside numpy's 40, 41 and 32 us: arcsin 20 (82 as float64, rounded), arccos 23
// (84), cube root 31 (99). Errors, seen over every 17th number of the full range: 1.9, 1.2, 0.6 units in the last place,
// arctan 2.3. The reductions are those of inverse.hpp, the polynomials S. L. Moshier's.
#pragma once

#include "mmlcore/core/elementary/single.hpp"

namespace mmlcore::elementary {

namespace detail {

// arcsin(x) - x over x, z = x^2 <= 1/4.
[[gnu::always_inline]] inline Floats arcsin_terms(Floats z) {
  return z * series(z, 1.6666752422e-1f, 7.4953002686e-2f, 4.5470025998e-2f, 2.4181311049e-2f, 4.2163199048e-2f);
}
struct FloatArc {  // |x|; where it is beyond 1/2; arcsin of |x|, or there of the root of (1 - |x|) / 2
  Floats size;
  FloatMask far;
  Floats value;
};
[[gnu::always_inline]] inline FloatArc arcsin_of_half(Floats x) {
  const Floats size = F::abs(x);
  const FloatMask far = size > 0.5f;
  const Floats z = far ? 0.5f * (1 - size) : size * size, start = far ? F::sqrt(F::abs(z)) : size;
  return {size, far, F::fma(start, arcsin_terms(z), start)};
}
inline constexpr float kFloatHalfPi = 1.57079633f, kFloatHalfPiRest = -4.37113883e-8f;

}  // namespace detail

[[gnu::always_inline]] inline Floats arctan(Floats x) {
  const Floats size = F::abs(x);
  const FloatMask far = size > 2.41421356f, middle = size > 0.414213562f;
  const Floats y = far ? -1 / size : middle ? (size - 1) / (size + 1) : size, z = y * y;
  const Floats p = detail::series(z, -3.33329491539e-1f, 1.99777106478e-1f, -1.38776856032e-1f, 8.05374449538e-2f);
  const Floats start = far ? detail::of(1.57079633f) : middle ? detail::of(0.785398163f) : Floats{};
  const Floats rest = far ? detail::of(-4.37113883e-8f) : middle ? detail::of(-2.18556941e-8f) : Floats{};
  return x == x ? detail::with_sign(start + (F::fma(z * y, p, y) + rest), x) : x;
}

[[gnu::always_inline]] inline Floats arcsin(Floats x) {
  const detail::FloatArc at = detail::arcsin_of_half(x);
  const Floats far = F::fma(at.value, detail::of(-2), detail::of(detail::kFloatHalfPi)) + detail::kFloatHalfPiRest;
  const Floats result = detail::with_sign(at.far ? far : at.value, x);
  return at.size <= 1 ? result : x != x ? x : detail::of(std::numeric_limits<float>::quiet_NaN());
}
[[gnu::always_inline]] inline Floats arccos(Floats x) {
  const detail::FloatArc at = detail::arcsin_of_half(x);
  const Floats twice = 2 * at.value, left = 2 * detail::kFloatHalfPi - (twice - 2 * detail::kFloatHalfPiRest);
  const Floats near = detail::kFloatHalfPi - (detail::with_sign(at.value, x) - detail::kFloatHalfPiRest);
  const Floats result = at.far ? (x > 0 ? twice : left) : near;
  return at.size <= 1 ? result : x != x ? x : detail::of(std::numeric_limits<float>::quiet_NaN());
}

// A third of the exponent's and the first digits' bits is a root of five bits; a step of Halley's gives 16, and one of
// Newton's, whose residual t^3 - x is taken with all digits, the rest. Numbers near the ends of the range are scaled.
[[gnu::always_inline]] inline Floats cbrt(Floats x) {
  const Floats size = F::abs(x);
  const FloatMask tiny = size<0x1p-96f, huge = size> 0x1p96f;
  const Floats y = tiny ? size * 0x1p48f : huge ? size * 0x1p-48f : size;
  const Floats third = __builtin_convertvector(reinterpret_cast<FloatMask>(y), Floats) * (1 / 3.0f);
  Floats t = reinterpret_cast<Floats>(__builtin_convertvector(third, FloatMask) + 0x2a5119f2);
  const Floats c = t * t * t;
  t *= (y + y + c) / (y + c + c);
  const Floats square = t * t, low = F::fma(t, t, -square), rest = F::fma(square, t, -y) + low * t;
  t -= rest / (3 * square);
  const Floats result = tiny ? t * 0x1p-16f : huge ? t * 0x1p16f : t;
  return (size > 0) & (size < detail::kFloatInfinity) ? detail::with_sign(result, x) : x;
}

}  // namespace mmlcore::elementary
