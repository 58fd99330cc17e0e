// erf(x) = 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x.
//
// Up to 1: x (1 + P(x^2)), P the polynomial of least largest error. Beyond: 1 - exp(-x^2) G(t) / x, where
// x exp(x^2) erfc(x) = G(t) is a polynomial of t = (x - 2) / (x + 2) (least largest error on 1 <= x <= 6; 1 - erf(6) is
// 2e-17); what is subtracted is at most 0.16, so its rounding errors hardly count.
#pragma once

#include "mmlcore/core/elementary/exponential.hpp"

namespace mmlcore::elementary {

[[gnu::always_inline]] inline Vec erf(Vec x) {
  const Vec size = V::abs(x), z = x * x;
  const Vec p =
      polynomial(z, 0.1283791670955126, -0.3761263890318375, 0.11283791670954885, -0.026866170645077875, 0.00522397762482843,
                 -0.0008548326981425996, 0.00012055331132988645, -1.4925595773305657e-05, 1.6461008500463625e-06,
                 -1.6350396504903226e-07, 1.4660330858787547e-08, -1.1374964774195256e-09, 5.960701739558499e-11);
  Vec result = V::fma(x, p, x);
  const Mask far = size > 1;
  if (any(far)) {
    const Vec y = size < 6 ? size : splat(6), t = (y - 2) / (y + 2);
    const Vec g = polynomial(t, 0.5107913526210116, 0.1672110104141139, -0.20384429592884337, 0.12151493052145669,
                             -0.02897644673321069, -0.00751573827417331, 0.0047849019902850565, 0.001126668079638884,
                             -0.0007502561050714831, -0.0003148493761644178, 8.88887550096344e-05, 9.311272251577227e-05,
                             2.049450440454733e-05);
    result = far ? with_sign(1 - exp(-y * y) * g / y, x) : result;
  }
  return x == x ? result : x;
}

// 1 - erf(x), where that cancels by the C library, number by number.
[[gnu::always_inline]] inline Vec erfc(Vec x) {
  const Mask far = x > 0;
  return patch(1 - erf(far ? Vec{} : x), far, x, [](double v) { return std::erfc(v); });
}

}  // namespace mmlcore::elementary
