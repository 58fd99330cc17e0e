#include "standing.hpp"

#include <algorithm>
#include <cmath>

#include "directions.hpp"
#include "mmlcore/core/careful_length.hpp"

namespace mmlcore::optimize {
namespace {

constexpr double kBlur = 1e-6;  // a step that rounding errors of f can hide, relative to x: some roots of eps
constexpr double kWide = 1e60;  // of gradients whose squares are numbers

}  // namespace

double length(const std::vector<double>& x) { return safe_length(x.data(), static_cast<index_t>(x.size())); }
bool finite(const double* x, index_t n) {
  return std::all_of(x, x + n, [](double value) { return std::isfinite(value); });
}

Standing::Standing(index_t n, const DescentOptions& options)
    : n_(n), o_(options), x_(n), g_(n), trial_(n), tried_(n), start_(n), left_(n) {}

void Standing::set_out(const double* start) {
  for (index_t i = 0; i < n_; ++i) {
    trial_[i] = x_[i] = std::min(std::max(start[i], low(i)), high(i));
    start_[i] = std::abs(x_[i]);
    left_[i] = kNone;
  }
  iterations_ = 0;
  begun_ = exact_ = has_tried_ = false;
  running_ = true;
  end_ = DescentEnd::MaxIterations;
}

bool Standing::arrive(double value, const double* gradient) {
  begun_ = true;
  f_ = first_ = value;
  std::copy_n(gradient, n_, g_.data());
  if (!std::isfinite(f_) || !finite(g_.data(), n_)) {
    finish(DescentEnd::NotFinite);
  } else if (o_.ask_units) {
    double top = 0;
    for (const double slope : g_) top = std::max(top, std::abs(slope));
    if (top != 0 && !(top > 1 / kWide && top < kWide)) finish(DescentEnd::OutOfUnits);
  }
  return running_;
}

void Standing::keep_tried(const double* gradient) {
  std::copy_n(gradient, n_, tried_.data());
  has_tried_ = true;
}

double Standing::low(index_t i) const { return o_.lower ? o_.lower[i] : -kNone; }
double Standing::high(index_t i) const { return o_.upper ? o_.upper[i] : kNone; }
bool Standing::blocked(index_t i) const { return (x_[i] <= low(i) && g_[i] >= 0) || (x_[i] >= high(i) && g_[i] <= 0); }
double Standing::size(index_t i) const { return std::max(std::abs(x_[i]), 0.01 * start_[i]); }
bool Standing::unseen(double decrease) const { return decrease <= 4 * kEps * std::abs(f_); }

// How far the gradient would be zero, by the curvature along a step; infinite without any.
void Standing::remember_left(const double* step, const double* change) {
  const double far = safe_length(step, n_), steeper = safe_length(change, n_);
  double along = 0;
  if (far > 0 && steeper > 0) {
    for (index_t i = 0; i < n_; ++i) along += step[i] / far * (change[i] / steeper);
  }
  for (index_t i = 0; i < n_; ++i) left_[i] = along > 0 ? std::abs(g_[i]) * (far / steeper) : kNone;
}

bool Standing::goes_on() {
  bool any = false;
  for (index_t i = 0; i < n_; ++i) any = any || (g_[i] != 0 && !blocked(i));
  if (!any || arrived()) {
    finish(DescentEnd::Converged);
  } else if (iterations_ >= o_.max_iter) {
    finish(DescentEnd::MaxIterations);
  }
  return running_;
}

bool Standing::arrived() const {
  if (!flat(o_.tol)) return false;
  bool small = true, near = true;
  for (index_t i = 0; i < n_; ++i) {
    if (blocked(i)) continue;
    small = small && left_[i] <= o_.tol * std::abs(x_[i]);
    // Near zero: a small part of the way from the start, and flat as well.
    const double steep = std::abs(g_[i]) / o_.unit * std::max(1.0, std::abs(x_[i]));
    near = near && steep <= o_.tol * std::max(1.0, std::abs(f_) / o_.unit) && left_[i] <= o_.tol * size(i);
  }
  return small || near;
}

// Whether f changes little where x does by its own size, unless the Hessian tells more.
bool Standing::flat(double tol) const {
  if (exact_) return true;
  const double gained = std::max(std::abs(f_), first_ - f_);
  for (index_t i = 0; i < n_; ++i) {
    if (!blocked(i) && !(std::abs(g_[i]) * size(i) <= tol * gained)) return false;
  }
  return true;
}

// At a minimum as far as rounding lets one see, or stuck.
void Standing::no_way_down() {
  if (has_tried_ && !finite(left_.data(), n_) && finite(tried_.data(), n_)) {
    std::vector<double> step(n_), change(n_);
    for (index_t i = 0; i < n_; ++i) step[i] = trial_[i] - x_[i], change[i] = tried_[i] - g_[i];
    remember_left(step.data(), change.data());
  }
  double decrease = 0, steep = 0;
  for (index_t i = 0; i < n_; ++i) {
    if (blocked(i)) {
      left_[i] = 0;
      continue;
    }
    steep = std::max(steep, std::abs(g_[i]));
    decrease += g_[i] == 0 ? 0 : std::abs(g_[i]) * left_[i];
  }
  const double reach = std::max(length(x_), length(start_));
  const bool near = length(left_) <= kBlur * reach || unseen(decrease);
  finish(steep == 0 || (near && flat(1e-3)) ? DescentEnd::Rounding : DescentEnd::Stuck);
}

}  // namespace mmlcore::optimize
