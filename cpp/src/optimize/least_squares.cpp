#include "mmlcore/optimize/least_squares.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/interrupt.hpp"

namespace mmlcore::optimize {
namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();

// Whether the sum's curvature explains that no step decreases it: with one residual, or some that have no slope at the
// minimum, the linear model promises much where nothing is left. What a step changes, as a part of what the gradient
// promises, is 1 - c |step|; extrapolated from the last two steps to none it is 1, and -1 where the gradient's sign is
// wrong.
class Promises {
 public:
  // Parts of the sum: the decrease that its gradient promised, what there was, and what rounding does to it.
  void note(double promised, double actual, double length, double blur) {
    if (!(promised > 4 * blur)) return;  // what rounding may have made
    before_ = last_;
    last_ = {length, actual / promised, (promised - actual) / (length * length)};
  }
  // Of a gradient that promises `rate` a unit of length: whether its parabola's lowest point is no lower than rounding.
  bool explain(double rate, double blur) const {
    if (last_.length == 0) return false;
    const double closer = before_.length - last_.length;
    const double part = closer > 0 ? (last_.part * before_.length - before_.part * last_.length) / closer : last_.part + 0.5;
    return part > 0.3 && part < 3 && rate * rate <= 16 * blur * 4 * last_.bend;
  }

 private:
  struct Trial {
    double length = 0, part = 0, bend = 0;
  };
  Trial before_, last_;
};

class Search {
 public:
  Search(Equations& equations, const double* start, const Bounds& bounds, const Options& options)
      : e_(equations),
        bounds_(bounds),
        o_(options),
        p_(equations.parameters()),
        r_(p_),
        next_(p_),
        scale_(p_, 0.0),
        pushed_(p_, 0) {
    fit_.theta.assign(start, start + p_);
    for (index_t j = 0; j < p_; ++j) fit_.theta[j] = clipped(j, fit_.theta[j]);
  }

  Fit run() {
    if (!evaluate(fit_.theta, r_, fit_.cost)) return ended(Status::NotFinite);
    while (true) {
      poll_interrupt();
      free_ = movable();
      if (free_.empty()) return ended(Status::Converged);
      const bool all = static_cast<index_t>(free_.size()) == p_;
      const RFactor part = all ? RFactor(0) : r_.of(free_);
      const RFactor& r = all ? r_ : part;  // until a step is taken
      if (const Status found = arrived(r); found != Status::MaxIterations) return ended(found);
      if (fit_.iterations == o_.max_iter) return ended(Status::MaxIterations);
      ++fit_.iterations;
      if (const Status found = advance(r); found != Status::MaxIterations) return ended(found);
    }
  }

 private:
  double low(index_t j) const { return bounds_.lower ? bounds_.lower[j] : -std::numeric_limits<double>::infinity(); }
  double high(index_t j) const { return bounds_.upper ? bounds_.upper[j] : std::numeric_limits<double>::infinity(); }
  double clipped(index_t j, double x) const { return std::min(std::max(x, low(j)), high(j)); }

  // A bound that stops a step for the first time is only come near: a parameter that were on it at once might stay there by
  // chance, where another one than its bound keeps it.
  double inside(index_t j, double x) const {
    const double bound = x < low(j) ? low(j) : x > high(j) ? high(j) : x;
    return bound == x || pushed_[j] ? bound : fit_.theta[j] + 0.9 * (bound - fit_.theta[j]);
  }
  void remember_pushes(const std::vector<double>& d) {
    for (std::size_t i = 0; i < free_.size(); ++i) {
      const double x = fit_.theta[free_[i]] + d[i];
      pushed_[free_[i]] = x < low(free_[i]) || x > high(free_[i]);
    }
  }

  bool evaluate(const std::vector<double>& theta, RFactor& r, double& cost) {
    ++fit_.evaluations;
    if (!e_.at(theta.data(), r, cost) || !std::isfinite(cost)) return false;
    for (index_t j = 0; j <= p_; ++j) {
      if (!std::isfinite(r.length(j))) return false;
    }
    return true;
  }

  // Parameters that may move: not held by a bound that the gradient pushes against.
  std::vector<index_t> movable() const {
    const std::vector<double> g = r_.gradient();
    std::vector<index_t> result;
    for (index_t j = 0; j < p_; ++j) {
      const bool held =
          low(j) == high(j) || (fit_.theta[j] <= low(j) && g[j] >= 0) || (fit_.theta[j] >= high(j) && g[j] <= 0);
      if (!held) result.push_back(j);
    }
    return result;
  }

  double dof() const { return std::max<double>(1, static_cast<double>(e_.points()) - static_cast<double>(p_)); }

  Status arrived(const RFactor& r) const {
    const double p = static_cast<double>(free_.size()), decrease = size_of_step(r);
    const double left = std::max(fit_.cost - decrease, 0.0);
    if (fit_.cost <= kExact * e_.scale()) return Status::Exact;
    if (decrease / p <= o_.tol * o_.tol * left / dof()) return Status::Converged;
    if (decrease <= p * kExact * e_.scale()) return Status::Rounding;  // errors of the residuals make up the step
    return Status::MaxIterations;
  }

  // Decrease of the sum by a full step of the linear model.
  static double size_of_step(const RFactor& r) {
    double decrease = 0;
    for (index_t i = 0; i < r.parameters(); ++i) decrease += r.q(i) * r.q(i);
    return decrease;
  }

  // One accepted step, or why there is none.
  Status advance(const RFactor& r) {
    std::vector<double> scale, here;
    for (std::size_t i = 0; i < free_.size(); ++i) {
      double& s = scale_[free_[i]];
      const double length = r_.length(free_[i]);
      s = std::max(s, length);
      scale.push_back(s > 0 ? s : 1);
      here.push_back(scale.back() * fit_.theta[free_[i]]);
    }
    const double size = length_of(here);
    if (delta_ == 0) delta_ = size > 0 ? o_.factor * size : o_.factor;
    const std::vector<double> slope = r.gradient();
    while (true) {
      std::vector<double> d = trust_region_step(r, scale, delta_, par_);
      std::vector<double> theta = fit_.theta, moved;
      const std::vector<double> wanted = d;
      for (std::size_t i = 0; i < free_.size(); ++i) {
        const index_t j = free_[i];
        theta[j] = inside(j, theta[j] + d[i]);
        d[i] = theta[j] - fit_.theta[j];
        moved.push_back(scale[i] * d[i]);
      }
      const double length = length_of(moved);
      if (first_) delta_ = std::min(delta_, length);
      first_ = false;
      // Decrease that the linear model predicts, as a part of what there is.
      double predicted = 0;
      const std::vector<double> after = r.residual(d);
      const double damp = par_ * length * length;
      for (std::size_t i = 0; i < d.size(); ++i) predicted += r.q(i) * r.q(i) - after[i] * after[i];
      double cost = std::numeric_limits<double>::infinity();
      const bool finite = e_.joint() ? evaluate(theta, next_, cost) : count(e_.cost(theta.data(), cost));
      const double actual = finite && std::isfinite(cost) ? (fit_.cost - cost) / fit_.cost : -1;
      predicted /= fit_.cost;
      const double ratio = predicted > 0 ? actual / predicted : 0;
      // What rounding errors of the residuals, a few units of the data, can do to the sum.
      const double blur = 16 * kEps * std::max(1.0, std::sqrt(e_.scale() / fit_.cost));
      double promised = 0;
      for (std::size_t i = 0; i < d.size(); ++i) promised -= 2 * slope[i] * d[i] / fit_.cost;
      if (finite) promises_.note(promised, actual, length, blur);
      const bool done = promises_.explain(promised / length, blur);
      resize(actual, ratio, length, predicted, damp / fit_.cost);
      if (ratio >= 1e-4 && actual > 0) {
        bool still = true;  // each parameter in its own units
        for (std::size_t i = 0; i < d.size(); ++i) still = still && std::abs(d[i]) <= 4 * kEps * std::abs(theta[free_[i]]);
        if (!e_.joint() && !evaluate(theta, next_, cost)) return stopped(r, false);
        remember_pushes(wanted);
        fit_.theta = theta;
        fit_.cost = cost;
        std::swap(r_, next_);
        return still ? Status::SmallStep : Status::MaxIterations;
      }
      if (std::abs(actual) <= blur && predicted <= blur) {
        // The sum cannot tell any more; its gradient still can.
        if (!e_.joint() || !finite || !(size_of_step(next_.of(free_)) < 0.25 * size_of_step(r))) return stopped(r, done);
        fit_.theta = theta;
        fit_.cost = cost;
        std::swap(r_, next_);
        return Status::MaxIterations;
      }
      if (length <= kEps * size || delta_ < std::numeric_limits<double>::min()) return stopped(r, done);
    }
  }

  bool count(bool finite) {
    ++fit_.evaluations;
    return finite;
  }

  void resize(double actual, double ratio, double length, double predicted, double damp) {
    if (ratio <= 0.25) {
      // Where the decrease along the step would be least, by a parabola.
      const double slope = damp - predicted;
      double cut = actual >= 0 ? 0.5 : 0.5 * slope / (slope + 0.5 * actual);
      if (!(cut >= 0.1) || actual <= -99) cut = 0.1;
      cut = std::min(cut, 0.5);
      delta_ = cut * std::min(delta_, 10 * length);
      par_ /= cut;
    } else if (par_ == 0 || ratio >= 0.75) {
      delta_ = 2 * length;
      par_ /= 2;
    }
  }

  // No step helps any more: at a stationary point, as far as rounding lets one see, or in front of something worse.
  Status stopped(const RFactor& r, bool done) const {
    if (done) return Status::Rounding;
    const std::vector<double> g = r.gradient();
    const double seen = std::max(1e-6 * std::sqrt(fit_.cost), 64 * kEps * std::sqrt(e_.scale()));
    for (index_t j = 0; j < r.parameters(); ++j) {
      if (std::abs(g[j]) > seen * r.length(j)) return Status::Stuck;
    }
    return Status::Rounding;
  }

  Fit ended(Status status) {
    fit_.status = status;
    fit_.covariance.assign(p_ * p_, std::numeric_limits<double>::infinity());
    if (status == Status::NotFinite) return fit_;
    // Parameters with equal bounds are known; all others have an uncertainty, on a bound or not.
    std::vector<index_t> open;
    for (index_t j = 0; j < p_; ++j) {
      if (low(j) != high(j)) open.push_back(j);
    }
    std::vector<double> found;
    const bool regular = r_.of(open).inverse(found, 1e-13);
    if (regular) fit_.covariance.assign(p_ * p_, 0.0);
    const index_t q = static_cast<index_t>(open.size());
    for (index_t i = 0; regular && i < q; ++i) {
      for (index_t j = 0; j < q; ++j) fit_.covariance[open[i] * p_ + open[j]] = found[i * q + j];
    }
    if (!regular && static_cast<int>(status) > 0) fit_.status = Status::Undetermined;
    return fit_;
  }

  Equations& e_;
  const Bounds bounds_;
  const Options o_;
  const index_t p_;
  RFactor r_, next_;
  std::vector<double> scale_;
  std::vector<char> pushed_;  // which parameters a bound stopped in the last step
  std::vector<index_t> free_;
  double delta_ = 0, par_ = 0;
  bool first_ = true;
  Promises promises_;
  Fit fit_;
};

}  // namespace

namespace {

// The start after the Gauss-Newton step of the parameter alone that decreases the sum most; nothing if none does.
std::vector<double> best_of_one(Equations& equations, const double* start, const Bounds& bounds) {
  const index_t p = equations.parameters();
  RFactor r(p);
  double least = 0;
  std::vector<double> found;
  if (!equations.at(start, r, least)) return found;
  for (index_t j = 0; j < p; ++j) {
    const RFactor one = r.of({j});
    std::vector<double> theta(start, start + p);
    theta[j] -= one.q(0) / one(0, 0);
    if (bounds.lower) theta[j] = std::max(theta[j], bounds.lower[j]);
    if (bounds.upper) theta[j] = std::min(theta[j], bounds.upper[j]);
    double cost = 0;
    if (std::isfinite(theta[j]) && equations.cost(theta.data(), cost) && cost < 0.99 * least) least = cost, found = theta;
  }
  return found;
}

}  // namespace

// A first step as long as the linear model likes may lead to a plateau, where some parameter has no effect any more. Then
// shorter first steps are tried, and the best end counts. Where the start is so far away that no step of all parameters
// shows a decrease, as with an amplitude of 1 for data of 1e20, the best step of one parameter comes first.
Fit least_squares(Equations& equations, const double* start, const Bounds& bounds, const Options& options) {
  Fit best = Search(equations, start, bounds, options).run();
  Options shorter = options;
  std::vector<double> other_start;
  if (best.status == Status::Stuck) other_start = best_of_one(equations, start, bounds);
  for (const double factor : {other_start.empty() ? 1.0 : options.factor, 1.0, 0.01}) {
    if (best.status != Status::Undetermined && best.status != Status::Stuck) break;
    shorter.factor = factor;
    shorter.max_iter = options.max_iter - best.iterations;
    const bool single = factor == options.factor && !other_start.empty();
    Fit other = Search(equations, single ? other_start.data() : start, bounds, shorter).run();
    const index_t iterations = best.iterations + other.iterations, evaluations = best.evaluations + other.evaluations;
    if (other.cost < best.cost) best = std::move(other);
    best.iterations = iterations;
    best.evaluations = evaluations;
  }
  return best;
}

}  // namespace mmlcore::optimize
