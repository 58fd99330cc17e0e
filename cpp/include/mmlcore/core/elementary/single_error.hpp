// erf and erfc of float32 vectors, in their own arithmetic: see single.hpp; the formulas are those of error_function.hpp.
//
// Polynomials of least largest relative error for what float32 needs: 7 coefficients up to 1, 8 to where erf is 1 (4), 10
// for erfc to where it is 0. There exp(-x^2) is exp(-h) (1 - l), h + l = x^2 with a fused operation, without which the C
// library computes erfc number by number.
#pragma once

#include <cmath>

#include "mmlcore/core/elementary/single.hpp"

namespace mmlcore::elementary {

[[gnu::always_inline]] inline Floats erf(Floats x) {
  const Floats size = F::abs(x), z = x * x;
  const Floats near =
      F::fma(x,
             detail::series(z, 0.12837916612625122f, -0.3761262595653534f, 0.11283600330352783f, -0.026854444295167923f,
                            0.005189535208046436f, -0.000802083988673985f, 7.889114931458607e-05f),
             x);
  const FloatMask far = size > 1;
  if (!F::any(far)) return near;
  const Floats y = size < 4 ? size : detail::of(4), t = (y - 2) / (y + 2);
  const Floats g =
      detail::series(t, 0.5107913613319397f, 0.16721101105213165f, -0.20384454727172852f, 0.12151481211185455f,
                     -0.028965095058083534f, -0.00751081109046936f, 0.004620927851647139f, 0.0010580439120531082f);
  return far ? detail::with_sign(1 - exp(-y * y) * g / y, x) : near;  // NaN is not beyond 1
}

[[gnu::always_inline]] inline Floats erfc(Floats x) {
#ifdef __FMA__
  const FloatMask far = x > 0.5f;
  const Floats near = 1 - erf(far ? Floats{} : x);
  if (!F::any(far)) return near;
  const Floats y = x < 10.2f ? x : detail::of(10.2f), t = (y - 2) / (y + 2), h = y * y, l = F::fma(y, y, -h);
  const Floats g = detail::series(t, 0.5107913613319397f, 0.16721104085445404f, -0.20384453237056732f, 0.12151386588811874f,
                                  -0.02897183783352375f, -0.0075032333843410015f, 0.0047532604075968266f,
                                  0.001068096375092864f, -0.0006602706271223724f, -0.00019694704678840935f);
  const Floats factor = g / y;
  return far ? exp(-h) * F::fma(-l, factor, factor) : near;
#else
  return wide<float>([](Vec v) { return erfc(v); }, x);
#endif
}

}  // namespace mmlcore::elementary
