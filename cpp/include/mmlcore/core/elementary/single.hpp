// Elementary functions of float32 vectors, in their own arithmetic: within 4 units in the last place over the full range
// (most within 2), right at zero, infinity, NaN and subnormals. A vector holds twice as many numbers as of float64, and
// polynomials need half of the terms: 1.2 to 2.3 times as fast as through float64 (bench/sweep, derivatives of float32
// functions).
//
// The reductions are those of float64 (exponential.hpp, logarithm.hpp, trigonometric.hpp), the polynomials S. L. Moshier's
// ("Methods and Programs for Mathematical Functions", 1989, single precision). Angles up
// to 4e4 are reduced with pi/2 in three parts, of which fused operations keep every digit (W. J. Cody, W. Waite, "Software
// Manual for the Elementary Functions", 1980, chapter 8); larger ones, and all without fused operations, in float64, where a
// multiple of pi/2 costs no digit. What is seldom asked of float32 (inverse hyperbolic functions) is computed as
// float64 and rounded.
#pragma once

#include "mmlcore/core/elementary/error_function.hpp"
#include "mmlcore/core/elementary/exponential.hpp"
#include "mmlcore/core/elementary/inverse.hpp"
#include "mmlcore/core/elementary/inverse_hyperbolic.hpp"
#include "mmlcore/core/elementary/logarithm.hpp"
#include "mmlcore/core/elementary/power.hpp"
#include "mmlcore/core/elementary/trigonometric.hpp"
#include "mmlcore/core/wide.hpp"

namespace mmlcore::elementary {

using F = Simd<float>;
using Floats = F::Vec;
using FloatMask = F::Mask;

namespace detail {

inline constexpr float kFloatInfinity = std::numeric_limits<float>::infinity();

[[gnu::always_inline]] inline Floats of(float x) { return F::splat(x); }
[[gnu::always_inline]] inline Floats with_sign(Floats magnitude, Floats sign) {
  constexpr std::int32_t kSign = INT32_MIN;
  return reinterpret_cast<Floats>((reinterpret_cast<FloatMask>(magnitude) & ~kSign) |
                                  (reinterpret_cast<FloatMask>(sign) & kSign));
}

template <class... C>
[[gnu::always_inline]] inline Floats series(Floats x, float c0, C... rest) {
  if constexpr (sizeof...(rest) == 0) {
    return of(c0);
  } else {
    return F::fma(series(x, rest...), x, of(c0));
  }
}

struct RoundedFloats {
  Floats value;
  FloatMask number;
};
[[gnu::always_inline]] inline RoundedFloats nearest(Floats x) {  // |x| < 2^21
  constexpr float kShift = 0x1.8p23f;
  const Floats shifted = x + kShift;
  return {shifted - kShift, reinterpret_cast<FloatMask>(shifted) - 0x4b400000};
}

[[gnu::always_inline]] inline Floats float_power_of_two(FloatMask n) { return reinterpret_cast<Floats>((n + 127) << 23); }
[[gnu::always_inline]] inline Floats float_scale(Floats x, FloatMask n) {  // in steps: subnormal results are rounded once
  const FloatMask half = n >> 1;
  return x * float_power_of_two(half) * float_power_of_two(n - half);
}

[[gnu::always_inline]] inline Floats within(Floats x, float low, float high) {  // NaN stays
  x = x < low ? of(low) : x;
  return x > high ? of(high) : x;
}

inline constexpr float kFloatLn2Hi = 0.693359375f, kFloatLn2Lo = -2.12194440e-4f;

// exp(r) - 1 - r, |r| <= ln(2) / 2.
[[gnu::always_inline]] inline Floats beyond_linear(Floats r) {
  return r * r *
         series(r, 5.0000001201e-1f, 1.6666665459e-1f, 4.1665795894e-2f, 8.3334519073e-3f, 1.3981999507e-3f,
                1.9875691500e-4f);
}

// exp(r), in even and odd powers: two chains of half the length.
[[gnu::always_inline]] inline Floats exp_near_zero(Floats r) {
  const Floats s = r * r, even = series(s, 5.0000001201e-1f, 4.1665795894e-2f, 1.3981999507e-3f),
               odd = series(s, 1.6666665459e-1f, 8.3334519073e-3f, 1.9875691500e-4f);
  return F::fma(s, F::fma(odd, r, even), r) + 1;
}
// 2^n x for x near 1; `normal`: |n| <= 125.
[[gnu::always_inline]] inline Floats scaled_near_one(Floats x, FloatMask n, bool normal) {
  return normal ? reinterpret_cast<Floats>(reinterpret_cast<FloatMask>(x) + (n << 23)) : float_scale(x, n);
}

struct ReducedFloats {
  Floats r;
  FloatMask n;
};
[[gnu::always_inline]] inline ReducedFloats reduce_by_ln2(Floats x) {
  const RoundedFloats n = nearest(x * 1.44269504f);
  return {F::fma(n.value, of(-kFloatLn2Lo), F::fma(n.value, of(-kFloatLn2Hi), x)), n.number};
}

// 2^e (1 + f) of positive normal numbers, and log(1 + f).
struct FloatParts {
  Floats f, e;
};
[[gnu::always_inline]] inline FloatParts split(Floats x, Floats exponent) {
  const FloatMask bits = reinterpret_cast<FloatMask>(x), shifted = bits - 0x3f3504f3;  // sqrt(1/2)
  const FloatMask e = shifted >> 23;
  const Floats f = reinterpret_cast<Floats>(bits - (e << 23)) - 1;
  return {f, __builtin_convertvector(e, Floats) + exponent};
}
[[gnu::always_inline]] inline Floats log_terms(Floats f) {  // log(1 + f) - f + f^2 / 2
  return f * f * f *
         series(f, 3.3333331174e-1f, -2.4999993993e-1f, 2.0000714765e-1f, -1.6668057665e-1f, 1.4249322787e-1f,
                -1.2420140846e-1f, 1.1676998740e-1f, -1.1514610310e-1f, 7.0376836292e-2f);
}

template <class G>
[[gnu::always_inline]] inline Floats for_normal(Floats x, G&& g) {
  const FloatMask tiny = x < 0x1p-126f;
  const Floats result = g(tiny ? x * 0x1p30f : x, tiny ? of(-30) : Floats{});
  const Floats special = x == 0 ? of(-kFloatInfinity) : x < 0 ? of(std::numeric_limits<float>::quiet_NaN()) : x;
  return (x > 0) & (x < kFloatInfinity) ? result : special;
}

// x = n pi/2 + r.
struct FloatAngle {
  Floats r;
  FloatMask quarter;
};
inline FloatAngle reduce_in_double(Floats x) {
  constexpr int half = F::width / 2;
  typedef std::int32_t HalfInts __attribute__((vector_size(kVectorBytes / 2)));
  alignas(64) float numbers[F::width];
  alignas(64) std::int32_t quarters[F::width];
  F::store(numbers, x);
  for (float* y = numbers; y < numbers + F::width; y += half) {
    const Vec angle = widened(y);
    const Rounded n = round_to_integer(angle * 6.36619772367581382433e-01);
    const Vec r = V::fma(n.value, splat(-1.57079632673412561417e+00), angle);
    narrowed(V::fma(n.value, splat(-6.07710050650619224932e-11), r), y);
    const HalfInts quarter = __builtin_convertvector(n.bits, HalfInts);
    __builtin_memcpy(quarters + (y - numbers), &quarter, sizeof quarter);
  }
  FloatAngle at{F::load(numbers), {}};
  __builtin_memcpy(&at.quarter, quarters, sizeof quarters);
  return at;
}
[[gnu::always_inline]] inline FloatAngle reduce_by_quarters(Floats x) {
#ifdef __FMA__
  if (!F::any(~(F::abs(x) < 4e4f))) {
    const RoundedFloats n = nearest(x * 0.636619772f);
    const Floats r = F::fma(n.value, of(-3.13916473e-7f), F::fma(n.value, of(-1.57079601f), x));
    return {F::fma(n.value, of(-5.39030253e-15f), r), n.number};
  }
#endif
  return reduce_in_double(x);
}
[[gnu::always_inline]] inline Floats sin_near_zero(Floats r) {
  const Floats z = r * r;
  return F::fma(z * r, series(z, -1.6666654611e-1f, 8.3321608736e-3f, -1.9515295891e-4f), r);
}
[[gnu::always_inline]] inline Floats cos_near_zero(Floats r) {
  const Floats z = r * r;
  return F::fma(z * z, series(z, 4.166664568298827e-2f, -1.388731625493765e-3f, 2.443315711809948e-5f), 1 - 0.5f * z);
}
[[gnu::always_inline]] inline Floats negated(Floats x, FloatMask where) {
  return reinterpret_cast<Floats>(reinterpret_cast<FloatMask>(x) ^ (where << 31));
}
inline constexpr float kFarAngle = 1e6f;  // reduced by the C library

template <class G>
[[gnu::always_inline]] inline Floats far_angles(Floats result, Floats x, G&& g) {
  const FloatMask beyond = ~(F::abs(x) < kFarAngle);
  if (F::any(beyond)) {
    for (int i = 0; i < F::width; ++i) {
      if (beyond[i]) result[i] = static_cast<float>(g(static_cast<double>(x[i])));
    }
  }
  return result;
}

}  // namespace detail

[[gnu::always_inline]] inline Floats exp(Floats x) {
  const bool normal = !F::any(~(F::abs(x) < 86));  // as in exponential.hpp
  if (!normal) x = detail::within(x, -110, 90);
  const detail::ReducedFloats at = detail::reduce_by_ln2(x);
  return detail::scaled_near_one(detail::exp_near_zero(at.r), at.n, normal);
}
[[gnu::always_inline]] inline Floats exp2(Floats x) {
  const bool normal = !F::any(~(F::abs(x) < 124));
  if (!normal) x = detail::within(x, -160, 130);
  const detail::RoundedFloats n = detail::nearest(x);
  const Floats r = (x - n.value) * 0.693147181f;
  return detail::scaled_near_one(detail::exp_near_zero(r), n.number, normal);
}
[[gnu::always_inline]] inline Floats expm1(Floats x) {
  const detail::ReducedFloats at = detail::reduce_by_ln2(detail::within(x, -20, 88));
  const Floats two = detail::float_power_of_two(at.n);
  const Floats result = F::fma(two, detail::beyond_linear(at.r) + at.r, two - 1);
  return x == 0 ? x : x > 88 ? exp(x) : result;
}
[[gnu::always_inline]] inline Floats expit(Floats x) {
  const Floats e = exp(-F::abs(x));
  return (x < 0 ? e : detail::of(1)) / (1 + e);
}
[[gnu::always_inline]] inline Floats sech_squared(Floats x) {
  const Floats e = exp(-2 * F::abs(x)), t = 1 + e;
  return 4 * e / (t * t);
}
[[gnu::always_inline]] inline Floats tanh(Floats x) {
  const Floats size = F::abs(x), z = x * x;
  const Floats p =
      detail::series(z, -3.33332819422e-1f, 1.33314422036e-1f, -5.37397155531e-2f, 2.06390887954e-2f, -5.70498872745e-3f);
  const Floats near = F::fma(z * x, p, x), far = 1 - 2 / (exp(2 * size) + 1);
  return x == x ? detail::with_sign(size < 0.625f ? near : far, x) : x;
}
// exp(|x|) overflows before half of it does.
[[gnu::always_inline]] inline Floats sinh(Floats x) {
  const Floats size = F::abs(x), t = expm1(detail::within(size, 0, 88));
  const Floats result = size > 88 ? exp(size - 1) * 1.35914091f : 0.5f * (t + t / (t + 1));
  return x == x ? detail::with_sign(result, x) : x;
}
[[gnu::always_inline]] inline Floats cosh(Floats x) {
  const Floats size = F::abs(x), e = exp(detail::within(size, 0, 88));
  return x == x ? (size > 88 ? exp(size - 1) * 1.35914091f : F::fma(detail::of(0.5f), e, 0.5f / e)) : x;
}

[[gnu::always_inline]] inline Floats log(Floats x) {
  return detail::for_normal(x, [](Floats normal, Floats exponent) {
    const auto [f, e] = detail::split(normal, exponent);
    const Floats small = F::fma(e, detail::of(detail::kFloatLn2Lo), detail::log_terms(f)) - 0.5f * f * f;
    return F::fma(e, detail::of(detail::kFloatLn2Hi), f + small);
  });
}
[[gnu::always_inline]] inline Floats log2(Floats x) {
  return detail::for_normal(x, [](Floats normal, Floats exponent) {
    const auto [f, e] = detail::split(normal, exponent);
    const Floats small = detail::log_terms(f) - 0.5f * f * f;  // 1 / ln 2 = 1.4375 + ..., the first factor exact
    return e + F::fma(f, detail::of(1.4375f), F::fma(f + small, detail::of(5.1950408889634e-3f), small * 1.4375f));
  });
}
[[gnu::always_inline]] inline Floats log10(Floats x) {
  return detail::for_normal(x, [](Floats normal, Floats exponent) {
    const auto [f, e] = detail::split(normal, exponent);
    const Floats l = f + (detail::log_terms(f) - 0.5f * f * f);
    return F::fma(e, detail::of(0.30102539f), F::fma(e, detail::of(4.605039e-6f), l * 0.43429448f));
  });
}
[[gnu::always_inline]] inline Floats log1p(Floats x) {
  const Floats u = 1 + x, c = x - (u - 1), result = log(u) + c / u;
  const Floats special = u == 0  ? detail::of(-detail::kFloatInfinity)
                         : u < 0 ? detail::of(std::numeric_limits<float>::quiet_NaN())
                                 : u;
  return F::abs(x) < 0x1p-25f ? x : (u > 0) & (u < detail::kFloatInfinity) ? result : special;
}

[[gnu::always_inline]] inline Floats sin(Floats x) {
  const detail::FloatAngle at = detail::reduce_by_quarters(x);
  const Floats s = detail::sin_near_zero(at.r), c = detail::cos_near_zero(at.r);
  const Floats result = detail::negated((at.quarter & 1) != 0 ? c : s, (at.quarter >> 1) & 1);
  return detail::far_angles(x == 0 ? x : result, x, [](double y) { return std::sin(y); });
}
[[gnu::always_inline]] inline Floats cos(Floats x) {
  const detail::FloatAngle at = detail::reduce_by_quarters(x);
  const Floats s = detail::sin_near_zero(at.r), c = detail::cos_near_zero(at.r);
  const Floats result = detail::negated((at.quarter & 1) != 0 ? s : c, ((at.quarter + 1) >> 1) & 1);
  return detail::far_angles(result, x, [](double y) { return std::cos(y); });
}
struct FloatSinCos {
  Floats sin, cos;
};
[[gnu::always_inline]] inline FloatSinCos sin_and_cos(Floats x) {
  const detail::FloatAngle at = detail::reduce_by_quarters(x);
  const Floats s = detail::sin_near_zero(at.r), c = detail::cos_near_zero(at.r);
  const FloatMask odd = (at.quarter & 1) != 0;
  const Floats sine = detail::negated(odd ? c : s, (at.quarter >> 1) & 1);
  const Floats cosine = detail::negated(odd ? s : c, ((at.quarter + 1) >> 1) & 1);
  return {detail::far_angles(x == 0 ? x : sine, x, [](double y) { return std::sin(y); }),
          detail::far_angles(cosine, x, [](double y) { return std::cos(y); })};
}
[[gnu::always_inline]] inline Floats tan(Floats x) {
  const detail::FloatAngle at = detail::reduce_by_quarters(x);
  const Floats s = detail::sin_near_zero(at.r), c = detail::cos_near_zero(at.r);
  const Floats result = (at.quarter & 1) != 0 ? -c / s : s / c;
  return detail::far_angles(x == 0 ? x : result, x, [](double y) { return std::tan(y); });
}
#define THROUGH_DOUBLE(name)                              \
  inline Floats name(Floats x) {                          \
    return wide<float>([](Vec v) { return name(v); }, x); \
  }
THROUGH_DOUBLE(floor)
THROUGH_DOUBLE(arcsinh)
THROUGH_DOUBLE(arccosh)
THROUGH_DOUBLE(arctanh)
#undef THROUGH_DOUBLE

// By squarings in float64, whose errors float32 does not see.
inline Floats integer_power(Floats x, int n) {
  const auto power = [n](Vec v) {
    Vec result = splat(1);
    for (unsigned rest = static_cast<unsigned>(n < 0 ? -n : n); rest; rest >>= 1, v *= v) {
      if (rest & 1) result *= v;
    }
    return n < 0 ? 1 / result : result;
  };
  return wide<float>(power, x);
}

}  // namespace mmlcore::elementary
