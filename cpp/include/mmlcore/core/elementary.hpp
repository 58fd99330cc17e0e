// Elementary functions of SIMD vectors, float64: within 2.2 units in the last place over the full range (erfc, the C
// library's: 5), right at zero, infinity, NaN, subnormals and huge arguments. float32 in its own arithmetic: single.hpp.
#pragma once

#include "mmlcore/core/elementary/division.hpp"
#include "mmlcore/core/elementary/double_double.hpp"
#include "mmlcore/core/elementary/error_function.hpp"
#include "mmlcore/core/elementary/exponential.hpp"
#include "mmlcore/core/elementary/inverse.hpp"
#include "mmlcore/core/elementary/inverse_hyperbolic.hpp"
#include "mmlcore/core/elementary/log_sum.hpp"
#include "mmlcore/core/elementary/logarithm.hpp"
#include "mmlcore/core/elementary/power.hpp"
#include "mmlcore/core/elementary/single.hpp"
#include "mmlcore/core/elementary/single_error.hpp"
#include "mmlcore/core/elementary/single_inverse.hpp"
#include "mmlcore/core/elementary/single_power.hpp"
#include "mmlcore/core/elementary/trigonometric.hpp"
