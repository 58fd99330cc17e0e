// What the elementary functions share: selection, polynomials, and the bits of float64 numbers, in SIMD vectors.
#pragma once

#include <cmath>
#include <limits>

#include "mmlcore/core/simd.hpp"

namespace mmlcore::elementary {

using V = Simd<double>;
using Vec = V::Vec;
using Mask = V::Mask;

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kLn2Hi = 6.93147180369123816490e-01,
                        kLn2Lo = 1.90821492927058770002e-10;  // ln 2, the first with 33 bits

struct Unsigned {
  typedef std::uint64_t Vec __attribute__((vector_size(kVectorBytes)));
};
using Bits = Unsigned::Vec;
[[gnu::always_inline]] inline Bits bits_of(Vec x) { return reinterpret_cast<Bits>(x); }
[[gnu::always_inline]] inline Vec of_bits(Bits b) { return reinterpret_cast<Vec>(b); }

[[gnu::always_inline]] inline Vec splat(double x) { return V::splat(x); }
[[gnu::always_inline]] inline Vec with_sign(Vec magnitude, Vec sign) {
  constexpr std::int64_t kSign = INT64_MIN;
  return reinterpret_cast<Vec>((reinterpret_cast<Mask>(magnitude) & ~kSign) | (reinterpret_cast<Mask>(sign) & kSign));
}

// c0 + c1 x + c2 x^2 + ..., by Horner's rule.
template <class... C>
[[gnu::always_inline]] inline Vec polynomial(Vec x, double c0, C... rest) {
  if constexpr (sizeof...(rest) == 0) {
    return splat(c0);
  } else {
    return V::fma(polynomial(x, rest...), x, splat(c0));
  }
}

// The nearest integer to x, |x| < 2^51, as a number and in the low bits of `bits`.
struct Rounded {
  Vec value;
  Bits bits;
};
[[gnu::always_inline]] inline Rounded round_to_integer(Vec x) {
  constexpr double kShift = 0x1.8p52;  // whose last bit is worth 1
  const Vec shifted = x + kShift;
  return {shifted - kShift, bits_of(shifted) - 0x4338000000000000};
}

// 2^n for integers -1022 <= n <= 1023.
[[gnu::always_inline]] inline Vec power_of_two(Bits n) { return of_bits((n + 1023) << 52); }

// x 2^n for -2200 < n < 2200: in steps, so that subnormal results are rounded once and overflow gives infinity.
[[gnu::always_inline]] inline Vec scale(Vec x, Bits n) {
  const Bits half = ((n + 4096) >> 1) - 2048;
  return x * power_of_two(half) * power_of_two(n - half);
}

[[gnu::always_inline]] inline bool any(Mask m) { return V::any(m); }

// f(x) for each number where `where` is set.
template <class F>
[[gnu::always_inline]] inline Vec patch(Vec result, Mask where, Vec x, F&& f) {
  if (any(where)) {
    for (int i = 0; i < V::width; ++i) {
      if (where[i]) result[i] = f(x[i]);
    }
  }
  return result;
}

// The largest integer that is not above x, with the sign of x: floor(-x) negated is the smallest not below.
[[gnu::always_inline]] inline Vec floor(Vec x) {
  const Mask fractions = V::abs(x) < 0x1p51;
  const Vec near = round_to_integer(fractions ? x : Vec{}).value, below = near > x ? near - 1 : near;
  return patch(with_sign(below, x), ~fractions, x, [](double v) { return std::floor(v); });
}

}  // namespace mmlcore::elementary
