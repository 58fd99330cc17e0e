#include "mmlcore/optimize/fit_batch.hpp"

#include <vector>

#include "fit_lanes.hpp"
#include "mmlcore/core/parallel.hpp"

namespace mmlcore::optimize {
namespace {

constexpr int kMost = 10;  // parameters in lanes

// Fits `begin` ... `end` - 1 in lanes. False if there are no lanes for so many parameters.
template <int P = 1>
bool in_lanes(index_t parameters, const calculus::Program& chunk, const BatchData& data, const Options& options,
              const BatchResult& result, index_t begin, index_t end) {
  if constexpr (P > kMost) {
    return false;
  } else {
    if (parameters != P) return in_lanes<P + 1>(parameters, chunk, data, options, result, begin, end);
    FitLanes<P> lanes(chunk, data, options, result);
    lanes.run([&] { return begin < end ? begin++ : -1; });
    return true;
  }
}

// One fit with all means.
void alone(const calculus::Program& single, const BatchData& data, const Options& options, const BatchResult& result,
           index_t fit) {
  const index_t p = single.argument_count() - 1, m = data.points;
  std::vector<double> y(data.y + fit * m, data.y + (fit + 1) * m), w(m, 1.0);
  const double* weights = data.weight ? data.weight + (data.shared_weight ? 0 : fit * m) : nullptr;
  index_t counted = 0;
  for (index_t i = 0; i < m; ++i) {
    if (weights) w[i] = weights[i];
    if (y[i] != y[i]) y[i] = w[i] = 0;
    counted += w[i] != 0;
  }
  const index_t at = data.shared_bounds ? 0 : fit * p;
  const Bounds bounds{data.lower ? data.lower + at : nullptr, data.upper ? data.upper + at : nullptr};
  index_t open = p;
  for (index_t j = 0; bounds.lower && j < p; ++j) open -= bounds.lower[j] == bounds.upper[j];
  Fit found;
  if (counted < open) {
    found.theta.assign(p, std::numeric_limits<double>::quiet_NaN());
    found.covariance.assign(p * p, std::numeric_limits<double>::infinity());
    found.cost = std::numeric_limits<double>::quiet_NaN();
    found.status = Status::TooFew;
  } else {
    const CurveData one{
        m,         data.predictors, data.x + (data.shared_x ? 0 : fit * m * data.predictors), y.data(), w.data(),
        data.loss, data.loss_scale};
    found = least_squares(*curve_equations(single, one), data.start + fit * p, bounds, options);
  }
  std::copy(found.theta.begin(), found.theta.end(), result.theta + fit * p);
  std::copy(found.covariance.begin(), found.covariance.end(), result.covariance + fit * p * p);
  result.cost[fit] = found.cost;
  result.points[fit] = static_cast<double>(counted);
  result.iterations[fit] = static_cast<std::int32_t>(found.iterations);
  result.status[fit] = static_cast<std::int32_t>(found.status);
}

}  // namespace

void fit_batch(const calculus::Program& chunk, const calculus::Program& single, const BatchData& data,
               const Options& options, const BatchResult& result) {
  // Some hundred microseconds each, so that Ctrl-C is heard and threads end together.
  const index_t each = std::max<index_t>(1, (1 << 16) / std::max<index_t>(1, data.points)),
                step = std::max<index_t>(64, each);
  parallel_tasks((data.fits + step - 1) / step, [&](index_t task) {
    const index_t begin = task * step, end = std::min(data.fits, begin + step);
    const bool lanes = in_lanes(single.argument_count() - 1, chunk, data, options, result, begin, end);
    for (index_t fit = begin; fit < end; ++fit) {
      if (!lanes || result.status[fit] == kHandOver) alone(single, data, options, result, fit);
    }
  });
}

}  // namespace mmlcore::optimize
