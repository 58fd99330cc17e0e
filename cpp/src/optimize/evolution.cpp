#include "mmlcore/optimize/evolution.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "mmlcore/core/interrupt.hpp"
#include "mmlcore/core/random.hpp"

namespace mmlcore::optimize {
namespace {

constexpr double kShare = 0.1;   // of the population, that counts as the best
constexpr double kSpread = 0.1;  // of F and CR about their means
constexpr double kLearn = 0.1;   // weight of a generation in those means

class Population {
 public:
  Population(const calculus::Program& value, index_t n, const double* lower, const double* upper,
             const EvolutionOptions& options)
      : value_(value),
        n_(n),
        k_(options.population),
        lower_(lower),
        upper_(upper),
        o_(options),
        random_(options.seed),
        tried_(k_ * n),
        found_(k_),
        force_(k_),
        crossing_(k_) {}

  Evolution run() {
    Evolution result;
    points_.resize(k_ * n_);
    values_.resize(k_);
    // One point in each of k slices of every unknown (a Latin hypercube).
    std::vector<index_t> slice(k_);
    for (index_t j = 0; j < n_; ++j) {
      std::iota(slice.begin(), slice.end(), index_t{0});
      for (index_t i = k_ - 1; i > 0; --i) std::swap(slice[i], slice[below(i + 1)]);
      for (index_t i = 0; i < k_; ++i) {
        const double part = (static_cast<double>(slice[i]) + uniform()) / static_cast<double>(k_);
        points_[i * n_ + j] = lower_[j] + part * (upper_[j] - lower_[j]);
      }
    }
    evaluate(points_, values_);
    result.evaluations = k_;
    while (result.generations < o_.generations && !(result.gathered = gathered())) {
      poll_interrupt();
      ++result.generations;
      vary();
      evaluate(tried_, found_);
      result.evaluations += k_;
      choose();
    }
    const std::vector<index_t> order = best_first();
    for (const index_t i : order) {
      result.points.insert(result.points.end(), &points_[i * n_], &points_[i * n_] + n_);
      result.values.push_back(values_[i]);
    }
    return result;
  }

 private:
  double uniform() { return random_.uniform(drawn_++); }
  index_t below(index_t count) { return std::min(static_cast<index_t>(uniform() * static_cast<double>(count)), count - 1); }

  void evaluate(const std::vector<double>& points, std::vector<double>& values) {
    const calculus::Points<const double> in{points.data(), n_};
    const calculus::Points<double> out{values.data(), 1};
    value_.run<double>(k_, &in, &out);
    for (double& value : values) {
      if (std::isnan(value)) value = std::numeric_limits<double>::infinity();
    }
  }
  std::vector<index_t> best_first() const {
    std::vector<index_t> order(k_);
    std::iota(order.begin(), order.end(), index_t{0});
    std::stable_sort(order.begin(), order.end(), [&](index_t a, index_t b) { return values_[a] < values_[b]; });
    return order;
  }

  void vary() {
    const std::vector<index_t> order = best_first();
    const index_t best = std::max<index_t>(2, static_cast<index_t>(kShare * static_cast<double>(k_)));
    for (index_t i = 0; i < k_; ++i) {
      do {
        force_[i] = mean_force_ + kSpread * std::tan(std::numbers::pi * (uniform() - 0.5));  // Cauchy
      } while (!(force_[i] > 0));
      force_[i] = std::min(force_[i], 1.0);
      crossing_[i] = std::clamp(mean_crossing_ + kSpread * random_.normal(drawn_), 0.0, 1.0);
      drawn_ += 2;
      const index_t leader = order[below(best)];
      index_t a, b;
      do a = below(k_);
      while (a == i);
      do b = below(k_);
      while (b == i || b == a);
      const index_t sure = below(n_);
      const double *const x = &points_[i * n_], *const lead = &points_[leader * n_], *const from = &points_[b * n_],
                          *const to = &points_[a * n_];
      for (index_t j = 0; j < n_; ++j) {
        double v = x[j];
        if (j == sure || uniform() < crossing_[i]) {
          v += force_[i] * (lead[j] - x[j]) + force_[i] * (to[j] - from[j]);
          if (v < lower_[j]) v = 0.5 * (lower_[j] + x[j]);
          if (v > upper_[j]) v = 0.5 * (upper_[j] + x[j]);
        }
        tried_[i * n_ + j] = v;
      }
    }
  }

  void choose() {
    double forces = 0, squares = 0, crossings = 0, count = 0;
    for (index_t i = 0; i < k_; ++i) {
      if (!(found_[i] <= values_[i])) continue;
      if (found_[i] < values_[i]) {
        forces += force_[i], squares += force_[i] * force_[i], crossings += crossing_[i], ++count;
      }
      values_[i] = found_[i];
      std::copy_n(&tried_[i * n_], n_, &points_[i * n_]);
    }
    if (count == 0) return;
    mean_force_ += kLearn * (squares / forces - mean_force_);
    mean_crossing_ += kLearn * (crossings / count - mean_crossing_);
  }

  bool gathered() const {
    const auto [least, most] = std::minmax_element(values_.begin(), values_.end());
    if (!std::isfinite(*most)) return false;
    if (*most - *least <= o_.tol * std::abs(*least)) return true;
    for (index_t j = 0; j < n_; ++j) {
      double low = points_[j], high = points_[j];
      for (index_t i = 1; i < k_; ++i) {
        low = std::min(low, points_[i * n_ + j]);
        high = std::max(high, points_[i * n_ + j]);
      }
      if (high - low > o_.tol * (upper_[j] - lower_[j])) return false;
    }
    return true;
  }

  const calculus::Program& value_;
  const index_t n_, k_;
  const double *const lower_, *const upper_;
  const EvolutionOptions o_;
  const Philox random_;
  std::uint64_t drawn_ = 0;
  double mean_force_ = 0.5, mean_crossing_ = 0.5;
  std::vector<double> points_, values_, tried_, found_, force_, crossing_;
};

}  // namespace

Evolution evolve(const calculus::Program& value, index_t n, const double* lower, const double* upper,
                 const EvolutionOptions& options) {
  return Population(value, n, lower, upper, options).run();
}

}  // namespace mmlcore::optimize
