#include "walker.hpp"

#include <algorithm>
#include <cmath>

#include "directions.hpp"

namespace mmlcore::optimize {
namespace {

constexpr int kHalvings = 60;
constexpr double kRateLimit = 1e280;

double square(const std::vector<double>& x) { return product_of(x.data(), x.data(), static_cast<index_t>(x.size())); }

}  // namespace

Walker::Walker(index_t n, const DescentOptions& options)
    : Standing(n, options), velocity_(n), ahead_(n), slope_(n), step_(n), change_(n) {}

void Walker::begin(const double* start) {
  set_out(start);
  std::fill(velocity_.begin(), velocity_.end(), 0.0);
  weight_ = 1;
}

void Walker::told(double value, const double* gradient) {
  moved_ = false;
  if (!begun_) {
    if (!arrive(value, gradient)) return;
    const double far = length(x_), steep = length(g_);
    rate_ = 0.1 * (far > 0 ? far : 1.0) / (steep > 0 ? steep : 1.0);
    if (o_.method == Method::Momentum && !o_.learning_rate) {
      while (unseen(rate_ * square(g_)) && rate_ < kRateLimit) rate_ *= 4;  // a first step that f sees
    }
    return walk();
  }
  keep_tried(gradient);
  switch (stage_) {
    case Stage::Plain:
      if (move(value, gradient)) walk();
      return;
    case Stage::Downhill:
      return downhill(value, gradient);
    case Stage::Ahead:
      at_ahead_ = value;
      std::copy_n(gradient, n_, slope_.data());
      return go_onward();
    case Stage::Onward:
      return onward(value, gradient);
  }
}

void Walker::set_trial(const std::vector<double>& from, double rate, const std::vector<double>& slope) {
  for (index_t i = 0; i < n_; ++i) trial_[i] = from[i] - rate * slope[i];
}

// Chooses the next point, from where it stands.
void Walker::walk() {
  if (!goes_on()) return;
  if (o_.learning_rate) {
    stage_ = Stage::Plain;
    if (o_.method == Method::GradientDescent) return set_trial(x_, o_.learning_rate, g_);
    for (index_t i = 0; i < n_; ++i) {
      velocity_[i] = o_.momentum * velocity_[i] - o_.learning_rate * g_[i];
      trial_[i] = x_[i] + velocity_[i];
    }
    return;
  }
  tries_ = 0;
  if (o_.method == Method::Momentum) return go_ahead();
  stage_ = Stage::Downhill;
  tried_rate_ = rate_;
  set_trial(x_, tried_rate_, g_);
}

void Walker::downhill(double value, const double* gradient) {
  const double slope = -square(g_);
  if (value <= f_ + 1e-4 * tried_rate_ * slope && finite(gradient, n_)) {
    if (!move(value, gradient)) return;
    const double curvature = product_of(step_.data(), change_.data(), n_);
    rate_ = curvature > 0 ? square(step_) / curvature : 2 * rate_;
    return walk();
  }
  if (unseen(-tried_rate_ * slope) || ++tries_ >= kHalvings) return no_way_down();
  tried_rate_ /= 2;
  set_trial(x_, tried_rate_, g_);
}

// To the point to which the last steps would run on; nothing new where they ended.
void Walker::go_ahead() {
  const bool resting = std::all_of(velocity_.begin(), velocity_.end(), [](double part) { return part == 0; });
  if (resting) {
    ahead_ = x_, slope_ = g_, at_ahead_ = f_;
    return go_onward();
  }
  for (index_t i = 0; i < n_; ++i) ahead_[i] = trial_[i] = x_[i] + velocity_[i];
  stage_ = Stage::Ahead;
}

void Walker::go_onward() {
  stage_ = Stage::Onward;
  set_trial(ahead_, rate_, slope_);
}

void Walker::onward(double value, const double* gradient) {
  const double steep = square(slope_);
  if (!(value <= at_ahead_ - 0.5 * rate_ * steep) && !unseen(rate_ * steep)) {
    rate_ /= 2;
    if (++tries_ < kHalvings) return go_onward();
  }
  if (!(value < f_)) {
    const bool resting = std::all_of(velocity_.begin(), velocity_.end(), [](double part) { return part == 0; });
    if (resting) return no_way_down();
    std::fill(velocity_.begin(), velocity_.end(), 0.0);  // the run-up led too far
    weight_ = 1;
    return walk();
  }
  if (!move(value, gradient)) return;
  const bool turns = product_of(slope_.data(), step_.data(), n_) > 0;
  const double following = (1 + std::sqrt(1 + 4 * weight_ * weight_)) / 2;
  for (index_t i = 0; i < n_; ++i) velocity_[i] = turns ? 0 : (weight_ - 1) / following * step_[i];
  weight_ = turns ? 1 : following;
  rate_ *= 1.1;
  walk();
}

bool Walker::move(double value, const double* gradient) {
  ++iterations_;
  bool near = std::isfinite(value) && finite(gradient, n_);
  for (index_t i = 0; i < n_; ++i) {
    step_[i] = trial_[i] - x_[i];
    change_[i] = gradient[i] - g_[i];
    near = near && std::abs(trial_[i]) <= kFar;
  }
  if (!near) {
    finish(DescentEnd::Unbounded);
    return false;
  }
  moved_ = true;
  for (index_t i = 0; i < n_; ++i) {
    if (start_[i] == 0) start_[i] = std::abs(step_[i]);
  }
  x_ = trial_;
  std::copy_n(gradient, n_, g_.data());
  f_ = value;
  remember_left(step_.data(), change_.data());
  return true;
}

}  // namespace mmlcore::optimize
