#include "descender.hpp"

#include <algorithm>
#include <cmath>

namespace mmlcore::optimize {
namespace {

constexpr int kTries = 60;

}  // namespace

Descender::Descender(index_t n, const DescentOptions& options, Hessian hessian)
    : Standing(n, options),
      hessian_(std::move(hessian)),
      directions_(n, options.method),
      d_(n),
      step_(n),
      change_(n),
      h_(options.method == Method::Newton ? n * n : 0),
      held_(n),
      now_(n) {}

void Descender::begin(const double* start) {
  set_out(start);
  directions_.forget();
  std::fill(held_.begin(), held_.end(), 0);
}

void Descender::told(double value, const double* gradient) {
  moved_ = false;
  if (begun_) return search(value, gradient);
  if (arrive(value, gradient)) iterate();
}

void Descender::iterate() {
  for (index_t i = 0; i < n_; ++i) now_[i] = blocked(i);
  if (now_ != held_) {
    directions_.forget();
    held_ = now_;
  }
  bool known = true;
  if (o_.method == Method::Newton) {
    hessian_(x_.data(), h_.data());
    if (!directions_.take(h_.data(), held_)) return no_way_down();
    known = directions_.left(g_.data(), left_.data());
    exact_ = true;
  }
  if (!goes_on()) {
    // A stationary point may have a way down yet.
    if (o_.method != Method::Newton || known || end_ != DescentEnd::Converged || iterations_ >= o_.max_iter) return;
    bend_ = directions_.downward(d_.data());
    if (!(bend_ < 0)) return;
    running_ = true;
    end_ = DescentEnd::MaxIterations;
    slope_ = product_of(g_.data(), d_.data(), n_);
    if (slope_ > 0) {
      for (double& part : d_) part = -part;
      slope_ = -slope_;
    }
    double reach = 0;
    for (index_t i = 0; i < n_; ++i) reach = std::max(reach, size(i));
    rate_ = std::min(reach > 0 ? reach : 1.0, kFar) / length(d_);
    fresh_ = true;
    low_ = tries_ = 0, high_ = kNone, at_low_ = f_, slope_low_ = slope_, most_ = 1e17 * rate_;
    return set_trial();
  }
  aim(false);
}

// Chooses a direction and the first point on it; `again`: by the gradient alone.
void Descender::aim(bool again) {
  bend_ = 0;
  if (again) directions_.forget();
  directions_.along(g_.data(), held_, d_.data());
  slope_ = product_of(g_.data(), d_.data(), n_);
  if (!(slope_ < 0) || !std::isfinite(slope_)) {
    directions_.forget();
    for (index_t i = 0; i < n_; ++i) d_[i] = held_[i] ? 0 : -g_[i];
    slope_ = product_of(g_.data(), d_.data(), n_);
  }
  fresh_ = !directions_.knows();
  rate_ = 1;
  if (fresh_) {  // a tenth of how far x is from zero
    const double far = length(x_), steep = length(d_);
    rate_ = 0.1 * (far > 0 ? far : 1.0) / (steep > 0 ? steep : 1.0);
  }
  low_ = 0, high_ = kNone, at_low_ = f_, slope_low_ = slope_, tries_ = 0, most_ = 1e17 * rate_;
  set_trial();
}

void Descender::set_trial() {
  for (index_t i = 0; i < n_; ++i) {
    const double to = x_[i] + rate_ * d_[i];
    trial_[i] = o_.lower || o_.upper ? std::min(std::max(to, low(i)), high(i)) : to;
  }
}

void Descender::search(double value, const double* gradient) {
  keep_tried(gradient);
  const bool fine = std::isfinite(value) && finite(gradient, n_);
  // What the straight line promised; along a bent path, what the step did.
  double gone = 0, slope = 0, far = 0;
  bool bent = false;
  for (index_t i = 0; i < n_; ++i) {
    const double step = trial_[i] - x_[i];
    gone += g_[i] * step;
    slope += gradient[i] * d_[i];
    far = std::max(far, std::abs(step));
    bent = bent || trial_[i] == low(i) || trial_[i] == high(i);
  }
  gone += 0.5 * bend_ * rate_ * rate_;
  bool down = fine && far > 0 && value <= f_ + 1e-4 * gone;
  if (fine && far > 0 && !down && unseen(-gone) && value <= f_ + 4 * kEps * std::abs(f_)) {
    down = bend_ == 0 && std::abs(slope) <= 0.8 * std::abs(slope_);  // where f cannot tell any more, the slope still can
  }
  if (down && rate_ > most_ && !bent) return finish(DescentEnd::Unbounded);
  if (down && (bent || bend_ < 0 || slope >= 0.9 * slope_)) return move(value, gradient);
  if (++tries_ > kTries || far == 0) {
    if (fresh_) return no_way_down();
    if (o_.method == Method::Newton) return no_way_down();
    return aim(true);
  }
  double next;
  if (!down) {
    high_ = rate_;
    const double width = rate_ - low_;
    double part = 0.5;
    if (fine) {  // the minimum of the parabola through two values and a slope
      const double above = value - at_low_ - slope_low_ * width;
      if (above > 0) part = std::clamp(-slope_low_ * width / (2 * above), 0.1, 0.6);
    } else {
      part = 0.1;
    }
    next = low_ + part * width;
    if (unseen(-gone) && !fresh_ && tries_ > 8) tries_ = kTries;
  } else {
    const double secant = rate_ + (rate_ - low_) * slope / (slope_low_ - slope);
    low_ = rate_, at_low_ = value, slope_low_ = slope;
    if (high_ < kNone) {
      next = 0.5 * (low_ + high_);
    } else {
      next = std::min(std::max(secant > 0 && std::isfinite(secant) ? secant : 4 * rate_, 1.5 * rate_), 10 * rate_);
    }
  }
  rate_ = next;
  set_trial();
}

void Descender::move(double value, const double* gradient) {
  ++iterations_;
  moved_ = true;
  for (index_t i = 0; i < n_; ++i) {
    step_[i] = trial_[i] - x_[i];
    change_[i] = gradient[i] - g_[i];
    if (!(std::abs(trial_[i]) <= kFar)) return finish(DescentEnd::Unbounded);
    if (start_[i] == 0) start_[i] = std::abs(step_[i]);
  }
  std::copy(trial_.begin(), trial_.end(), x_.begin());
  std::copy_n(gradient, n_, g_.data());
  f_ = value;
  directions_.learn(step_.data(), change_.data());
  remember_left(step_.data(), change_.data());
  iterate();
}

}  // namespace mmlcore::optimize
