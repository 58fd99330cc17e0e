// The derivative of a function of one number by differences of its values, with an estimate of its error.
//
// Central: (f(x + h) - f(x - h)) / 2h is f' + h^2 f'''/6 + ..., rounded by eps |f| / h; forward: f' + h f''/2 + .... The
// same of h / 2 has a quarter (half) of that error, so 4/3 of (twice) their difference is the error of the longer step;
// rounding is added. The step starts at eps^(1/3) (eps^(1/2)), where both errors are alike for a function that changes over
// lengths of about 1, and shrinks as long as the estimate is large beside the derivative and falls; eps is that of float32
// for values of float32. Where values are rounded more coarsely than their type says, longer steps are tried as well, and
// believed where they agree with the others.
//
// Richardson: central differences of h, h / 1.4, h / 1.4^2, ... are values of a polynomial in h^2, extrapolated to 0 by
// Neville's scheme; the error of an entry is how far it lies from the two that it was made of. It stops where that grows, or
// where only rounding is left. C. J. F. Ridders, "Accurate computation of F'(x) and F'(x) F''(x)", Adv. Eng. Softw. 4
// (1982). The first estimates are small by chance at times: they are believed from the fourth column on.
//
// Cost: 4 (3) values of f for a step that fits at once; 8 to 28 with Richardson.
#pragma once

#include <functional>
#include <limits>
#include <vector>

#include "mmlcore/core/views.hpp"

namespace mmlcore::calculus {

enum class Difference { central, forward, richardson };

struct DifferenceOf {
  // Values of f at `count` places, all of one size, one after the other in `out`; false where f is not defined at one of
  // them.
  std::function<bool(const double* places, index_t count, std::vector<double>& out)> values;
  bool together = false;                                 // many places at once cost little more than two
  double unit = std::numeric_limits<double>::epsilon();  // of the rounding of values; may grow when the first are known
};

struct Derivative {
  std::vector<double> value, error;  // absolute
};

// The derivative at x; `step` is h, or NaN where it is to be found. False where f is not defined, or not finite, at every
// step that was tried.
bool difference(const DifferenceOf& f, double x, Difference method, double step, Derivative& found);

}  // namespace mmlcore::calculus
