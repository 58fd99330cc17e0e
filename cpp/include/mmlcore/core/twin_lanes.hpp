// Two vectors that go through the same steps, as one number: an algorithm of lanes whose steps wait for one another (a
// rotation needs its root and its quotient before the next inner product) leaves the units idle, and a second group of
// problems beside the first fills the gaps. What is written with the functions below runs on either width.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "mmlcore/core/lane_arithmetic.hpp"
#include "mmlcore/core/simd.hpp"

namespace mmlcore {

struct TwinMask {
  using Mask = Simd<double>::Mask;
  Mask a, b;
  friend TwinMask operator&(TwinMask x, TwinMask y) { return {x.a & y.a, x.b & y.b}; }
  friend TwinMask operator|(TwinMask x, TwinMask y) { return {x.a | y.a, x.b | y.b}; }
  friend TwinMask operator~(TwinMask x) { return {~x.a, ~x.b}; }
  TwinMask& operator|=(TwinMask y) { return *this = *this | y; }
  TwinMask& operator&=(TwinMask y) { return *this = *this & y; }
};

struct Twin {
  using Vec = Simd<double>::Vec;
  Vec a, b;

#define MMLCORE_TWIN_OPERATOR(op)                                              \
  friend Twin operator op(Twin x, Twin y) { return {x.a op y.a, x.b op y.b}; } \
  friend Twin operator op(Twin x, double y) { return {x.a op y, x.b op y}; }   \
  friend Twin operator op(double x, Twin y) { return {x op y.a, x op y.b}; }
  MMLCORE_TWIN_OPERATOR(+)
  MMLCORE_TWIN_OPERATOR(-)
  MMLCORE_TWIN_OPERATOR(*)
  MMLCORE_TWIN_OPERATOR(/)
#undef MMLCORE_TWIN_OPERATOR
#define MMLCORE_TWIN_COMPARISON(op)                                                \
  friend TwinMask operator op(Twin x, Twin y) { return {x.a op y.a, x.b op y.b}; } \
  friend TwinMask operator op(Twin x, double y) { return {x.a op y, x.b op y}; }
  MMLCORE_TWIN_COMPARISON(<)
  MMLCORE_TWIN_COMPARISON(>)
  MMLCORE_TWIN_COMPARISON(<=)
  MMLCORE_TWIN_COMPARISON(>=)
  MMLCORE_TWIN_COMPARISON(==)
  MMLCORE_TWIN_COMPARISON(!=)
#undef MMLCORE_TWIN_COMPARISON
  friend Twin operator-(Twin x) { return {-x.a, -x.b}; }
  Twin& operator+=(Twin y) { return *this = *this + y; }
  Twin& operator-=(Twin y) { return *this = *this - y; }
  Twin& operator*=(Twin y) { return *this = *this * y; }
};

// A number as a vector of one lane: a problem that is alone.
struct LoneMask {
  bool a;
  friend LoneMask operator&(LoneMask x, LoneMask y) { return {x.a && y.a}; }
  friend LoneMask operator|(LoneMask x, LoneMask y) { return {x.a || y.a}; }
  friend LoneMask operator~(LoneMask x) { return {!x.a}; }
  LoneMask& operator|=(LoneMask y) { return *this = *this | y; }
  LoneMask& operator&=(LoneMask y) { return *this = *this & y; }
};

struct Lone {
  double a;

#define MMLCORE_LONE_OPERATOR(op)                                  \
  friend Lone operator op(Lone x, Lone y) { return {x.a op y.a}; } \
  friend Lone operator op(Lone x, double y) { return {x.a op y}; } \
  friend Lone operator op(double x, Lone y) { return {x op y.a}; }
  MMLCORE_LONE_OPERATOR(+)
  MMLCORE_LONE_OPERATOR(-)
  MMLCORE_LONE_OPERATOR(*)
  MMLCORE_LONE_OPERATOR(/)
#undef MMLCORE_LONE_OPERATOR
#define MMLCORE_LONE_COMPARISON(op)                                    \
  friend LoneMask operator op(Lone x, Lone y) { return {x.a op y.a}; } \
  friend LoneMask operator op(Lone x, double y) { return {x.a op y}; }
  MMLCORE_LONE_COMPARISON(<)
  MMLCORE_LONE_COMPARISON(>)
  MMLCORE_LONE_COMPARISON(<=)
  MMLCORE_LONE_COMPARISON(>=)
  MMLCORE_LONE_COMPARISON(==)
  MMLCORE_LONE_COMPARISON(!=)
#undef MMLCORE_LONE_COMPARISON
  friend Lone operator-(Lone x) { return {-x.a}; }
  Lone& operator+=(Lone y) { return *this = *this + y; }
  Lone& operator-=(Lone y) { return *this = *this - y; }
  Lone& operator*=(Lone y) { return *this = *this * y; }
};

// What algorithms ask of a vector or a twin of them: how many problems, and masks.
template <class V>
struct LaneTraits {
  using Mask = Simd<double>::Mask;
  static constexpr int vectors = 1;
};
template <>
struct LaneTraits<Twin> {
  using Mask = TwinMask;
  static constexpr int vectors = 2;
};

template <>
struct LaneTraits<Lone> {
  using Mask = LoneMask;
  static constexpr int vectors = 1;
};

namespace lane {

using Vec = Simd<double>::Vec;
using Mask = Simd<double>::Mask;

[[gnu::always_inline]] inline Vec& part(Vec& v, int) { return v; }
[[gnu::always_inline]] inline const Vec& part(const Vec& v, int) { return v; }
[[gnu::always_inline]] inline Mask part(Mask m, int) { return m; }
[[gnu::always_inline]] inline Vec& part(Twin& v, int h) { return h == 0 ? v.a : v.b; }
[[gnu::always_inline]] inline const Vec& part(const Twin& v, int h) { return h == 0 ? v.a : v.b; }
[[gnu::always_inline]] inline Mask part(TwinMask m, int h) { return h == 0 ? m.a : m.b; }

[[gnu::always_inline]] inline Vec choose(Mask m, Vec x, Vec y) { return m ? x : y; }
[[gnu::always_inline]] inline Twin choose(TwinMask m, Twin x, Twin y) { return {m.a ? x.a : y.a, m.b ? x.b : y.b}; }
[[gnu::always_inline]] inline Lone choose(LoneMask m, Lone x, Lone y) { return m.a ? x : y; }
[[gnu::always_inline]] inline bool any(LoneMask m) { return m.a; }
[[gnu::always_inline]] inline bool any(Mask m) { return Simd<double>::any(m); }
[[gnu::always_inline]] inline bool any(TwinMask m) { return Simd<double>::any(m.a | m.b); }

// f on each vector.
template <class F>
[[gnu::always_inline]] inline Vec each(F&& f, Vec x) {
  return f(x);
}
template <class F>
[[gnu::always_inline]] inline Twin each(F&& f, Twin x) {
  return {f(x.a), f(x.b)};
}

[[gnu::always_inline]] inline Lone size(Lone x) { return {std::abs(x.a)}; }
[[gnu::always_inline]] inline Lone root(Lone x) { return {std::sqrt(x.a)}; }
[[gnu::always_inline]] inline Lone inverse_power(Lone x) {
  return {std::bit_cast<double>((2046 - (std::bit_cast<std::int64_t>(x.a) >> 52)) << 52)};
}
[[gnu::always_inline]] inline Lone half_power(Lone x) {
  const std::int64_t half = ((std::bit_cast<std::int64_t>(x.a) >> 52) - 1022) >> 1;
  return {std::bit_cast<double>((half + 1023) << 52)};
}

template <class V>
[[gnu::always_inline]] inline V size(V x) {
  return each(
      [](Vec v) __attribute__((always_inline)) { return Simd<double>::abs(v); }, x);
}
template <class V>
[[gnu::always_inline]] inline V root(V x) {
  return each(
      [](Vec v) __attribute__((always_inline)) { return Simd<double>::sqrt(v); }, x);
}
// 1 / x and 1 / sqrt(x) for numbers far from both ends of the range, to an ulp or two.
template <class V>
[[gnu::always_inline]] inline V inverse(V x) {
  return each(
      [](Vec v) __attribute__((always_inline)) { return reciprocal<double>(v); }, x);
}
template <class V>
[[gnu::always_inline]] inline V inverse_root(V x) {
  return each(
      [](Vec v) __attribute__((always_inline)) { return reciprocal_root<double>(v); }, x);
}
// 2^-e for x in [2^e, 2^(e + 1)), x positive and not subnormal.
template <class V>
[[gnu::always_inline]] inline V inverse_power(V x) {
  return each(
      [](Vec v)
          __attribute__((always_inline)) { return reinterpret_cast<Vec>((2046 - (reinterpret_cast<Mask>(v) >> 52)) << 52); },
      x);
}
// 2^((e + 1) / 2), rounded down, for such x.
template <class V>
[[gnu::always_inline]] inline V half_power(V x) {
  return each(
      [](Vec v) __attribute__((always_inline)) {
        const Mask half = ((reinterpret_cast<Mask>(v) >> 52) - 1022) >> 1;
        return reinterpret_cast<Vec>((half + 1023) << 52);
      },
      x);
}
// |x| with the sign of y.
template <class V>
[[gnu::always_inline]] inline V with_sign(V x, V y) {
  return choose(y < 0.0, -size(x), size(x));
}
template <class V>
[[gnu::always_inline]] inline V constant(double x) {
  return V{} + x;
}

}  // namespace lane

}  // namespace mmlcore
