// Many fits of one model: one fit in each SIMD lane.
//
// A fit of fifty points and four parameters is a thousand operations with little to share between them; but a million of
// them are the same operations on other numbers. So a vector holds W fits, one in each lane, and the model, its derivatives,
// the normal equations and their Cholesky factors are computed for all of them at once. Each lane has its own parameters,
// its own damping and its own count of iterations; a lane whose fit has ended takes the next fit in the same pass. No lane
// reads another one: what a fit gives does not depend on its neighbours, nor on the number of threads.
//
// In the lanes, Marquardt's damping (J^T J + lambda diag(J^T J)) d = -J^T r is steered by the ratio of actual and
// predicted decrease. Fits that do not end well there, because the normal equations lose digits, the decrease
// cannot be seen in rounding errors, or the iterations run out, start again in `least_squares`, one by one, with all its
// means.
//
// The last step is taken on trust: once a step is a small part of the uncertainties, and the one before it shows how much a
// step shrinks from one iteration to the next, what would be left after it is known and the model is not run again.
#pragma once

#include "mmlcore/optimize/curve.hpp"

namespace mmlcore::optimize {

struct BatchData {
  index_t fits = 0, points = 0, predictors = 1;
  const double* x = nullptr;  // [fit][predictor][point]; `shared_x`: [predictor][point]
  bool shared_x = true;
  const double* y = nullptr;       // [fit][point]; NaN: left out
  const double* weight = nullptr;  // [fit][point], or [point] if `shared_weight`; null: 1; 0: left out
  bool shared_weight = false;
  const double* start = nullptr;  // [fit][parameter], within the bounds
  const double* lower = nullptr;  // [fit][parameter], or [parameter] if `shared_bounds`; null: none
  const double* upper = nullptr;
  bool shared_bounds = true;
  Loss loss = Loss::Linear;
  double loss_scale = 1;
};

struct BatchResult {
  double *theta, *covariance;  // [fit][parameter], [fit][parameter][parameter]: (J^T J)^-1
  double *cost, *points;       // [fit]; points that count
  std::int32_t *iterations, *status;
};

// `chunk`: the model for a vector of points: arguments x ([predictor][point of the chunk]) and each parameter, results
// values and their derivatives by each parameter, each as long as the chunk. `single`: the model for one point, as for
// `curve_equations`.
void fit_batch(const calculus::Program& chunk, const calculus::Program& single, const BatchData& data,
               const Options& options, const BatchResult& result);

}  // namespace mmlcore::optimize
