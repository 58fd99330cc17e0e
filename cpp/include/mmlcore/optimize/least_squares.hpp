// Non-linear least squares: minimize sum rho(r_i(theta)^2), within bounds, by Levenberg and Marquardt's method.
//
// Near theta the residuals are r + J d, so that the best step is a linear least squares problem, and its solution is good as
// far as the linear model is. Levenberg and Marquardt therefore ask for the best step inside an ellipsoid |D d| <= delta,
// whose axes D are the lengths of the columns of J (the method then does not care for the units of the parameters). delta
// grows where the model predicted the decrease well and shrinks where it did not (J. J. More, 1978).
//
// Bounds: parameters that sit on a bound and want to leave stay where they are; the others take the step, cut off at
// theirs. With nothing left to move, the point is stationary.
//
// When to stop. Not after a small change of the sum of squares, which a slow valley shows as well; but when the step that
// the linear model proposes is a tiny part of the parameters' own uncertainty (D. M. Bates, D. G. Watts, 1981):
//
//   |q|^2 / p  <=  tol^2 corner^2 / (m - p),     |q|^2: decrease by a full step; corner^2: what stays.
//
// An exact fit has no uncertainty; there residuals that are rounding errors end the search.
//
// Losses: rho(z), z = (r / scale)^2, as SciPy's least_squares has them. In each step r and J are rescaled (B. Triggs et al.,
// 2000, section 4.3) so that their gradient is that of the sum of losses and their curvature is positive.
#pragma once

#include <cstdint>
#include <vector>

#include "mmlcore/optimize/r_factor.hpp"

namespace mmlcore::optimize {

enum class Loss : std::int32_t { Linear = 0, SoftL1 = 1, Huber = 2, Cauchy = 3, Arctan = 4 };

enum class Status : std::int32_t {
  MaxIterations = 0,
  Converged = 1,     // by the step in units of uncertainties
  SmallStep = 2,     // by the step in units of the parameters
  Exact = 3,         // residuals are rounding errors
  Rounding = 4,      // no decrease can be seen in double precision
  Undetermined = 5,  // converged, but the data do not determine all parameters
  NotFinite = -1,    // the model is not finite at the start
  TooFew = -2,       // fewer points than parameters
  Stuck = -4,        // no step decreases the sum, though its gradient is not zero
};

// Residuals of a few units in the last place of the data: sum of squares over that of the data.
inline constexpr double kExact = 16 * 2.220446049250313e-16 * 2.220446049250313e-16;

struct Options {
  double tol = 1e-8;
  index_t max_iter = 200;
  double factor = 100;  // first radius, in units of |D theta|
};

// Residuals and their derivatives, as the fit needs them.
class Equations {
 public:
  virtual ~Equations() = default;
  virtual index_t parameters() const = 0;
  virtual index_t points() const = 0;  // that count
  // The triangle of (J, r) and the sum of losses at theta. False if not finite.
  virtual bool at(const double* theta, RFactor& r, double& cost) = 0;
  // The sum of losses alone.
  virtual bool cost(const double* theta, double& cost) = 0;
  // Whether a triangle costs little more than the sum alone.
  virtual bool joint() const = 0;
  // The sum of losses of the data themselves: what rounding errors are relative to.
  virtual double scale() const = 0;
};

struct Bounds {
  const double* lower = nullptr;  // null: none
  const double* upper = nullptr;
};

struct Fit {
  std::vector<double> theta, covariance;  // (J^T J)^-1, infinite if J is singular; fixed parameters have zeros
  double cost = 0;
  index_t iterations = 0, evaluations = 0;
  Status status = Status::MaxIterations;
};

Fit least_squares(Equations& equations, const double* start, const Bounds& bounds, const Options& options);

}  // namespace mmlcore::optimize
