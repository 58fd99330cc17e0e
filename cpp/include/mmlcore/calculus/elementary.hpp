// Elementary functions of SIMD vectors, float64: within 2 units in the last place over the full range, right at zero,
// infinity, NaN, subnormals and huge arguments. float32 is computed as float64 and rounded.
//
// Functions that are rarely in an innermost loop (pow, erf, the inverse hyperbolic ones, ...) are the C library's, number by
// number.
#pragma once

#include "mmlcore/calculus/elementary/exponential.hpp"
#include "mmlcore/calculus/elementary/inverse.hpp"
#include "mmlcore/calculus/elementary/logarithm.hpp"
#include "mmlcore/calculus/elementary/trigonometric.hpp"
