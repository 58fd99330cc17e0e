// Elementary functions of SIMD vectors, float64: within 2.2 units in the last place over the full range (erfc, the C
// library's: 5), right at zero, infinity, NaN, subnormals and huge arguments. float32 in its own arithmetic: single.hpp.
#pragma once

#include "mmlcore/calculus/elementary/division.hpp"
#include "mmlcore/calculus/elementary/double_double.hpp"
#include "mmlcore/calculus/elementary/error_function.hpp"
#include "mmlcore/calculus/elementary/exponential.hpp"
#include "mmlcore/calculus/elementary/inverse.hpp"
#include "mmlcore/calculus/elementary/inverse_hyperbolic.hpp"
#include "mmlcore/calculus/elementary/log_sum.hpp"
#include "mmlcore/calculus/elementary/logarithm.hpp"
#include "mmlcore/calculus/elementary/power.hpp"
#include "mmlcore/calculus/elementary/single.hpp"
#include "mmlcore/calculus/elementary/single_error.hpp"
#include "mmlcore/calculus/elementary/single_inverse.hpp"
#include "mmlcore/calculus/elementary/single_power.hpp"
#include "mmlcore/calculus/elementary/trigonometric.hpp"
