// The lanes of a thread: see fit_batch.hpp. P is the number of parameters, so that sums stay in registers.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "lane_system.hpp"
#include "mmlcore/optimize/fit_batch.hpp"

namespace mmlcore::optimize {

// What fits end with that the lanes cannot finish.
inline constexpr std::int32_t kHandOver = -100;

template <int P>
class FitLanes {
  using S = Simd<double>;
  using Vec = S::Vec;
  using Mask = S::Mask;
  static constexpr index_t W = S::width;
  using System = LaneSystem<P>;
  static constexpr int kProducts = System::kProducts;

 public:
  FitLanes(const calculus::Program& chunk, const BatchData& data, const Options& options, const BatchResult& result)
      : d_(data),
        o_(options),
        out_(result),
        blocks_(chunk, W),
        length_(chunk.result_size(0)),
        padded_((data.points + length_ - 1) / length_ * length_),
        y_(padded_ * W),
        w_(padded_ * W),
        x_(padded_ * W * data.predictors) {
    for (index_t lane = 0; lane < W; ++lane) fit_[lane] = -1;
    std::fill(y_.begin(), y_.end(), 0.0);
    std::fill(w_.begin(), w_.end(), 0.0);
    std::fill(x_.begin(), x_.end(), 1.0);
    if (d_.shared_x) {
      for (index_t lane = 0; lane < W; ++lane) put_x(lane, d_.x, 0);
    }
  }

  // next(): number of a fit that nobody has taken, or -1.
  template <class Next>
  void run(Next&& next) {
    index_t busy = 0;
    for (index_t lane = 0; lane < W; ++lane) busy += take(lane, next());
    while (busy > 0) {
      evaluate();
      Mask ended = update();
      for (index_t lane = 0; lane < W; ++lane) {
        if (fit_[lane] < 0 || !ended[lane]) continue;
        give(lane);
        busy -= !take(lane, next());
      }
    }
  }

 private:
  static constexpr index_t at(index_t i, index_t j) { return System::at(i, j); }

  void put_x(index_t lane, const double* x, index_t spare) {
    for (index_t k = 0; k < d_.predictors; ++k) {
      // [chunk][predictor][point of the chunk][lane]
      for (index_t i = 0; i < padded_; ++i) {
        const index_t chunk = i / length_, within = i % length_;
        const double* row = x + k * d_.points;
        const index_t from = i < d_.points ? i : spare;
        x_[((chunk * d_.predictors + k) * length_ + within) * W + lane] = row[from];
      }
    }
  }

  bool take(index_t lane, index_t fit) {
    fit_[lane] = fit;
    if (fit < 0) return false;
    const double* y = d_.y + fit * d_.points;
    const double* w = d_.weight ? d_.weight + (d_.shared_weight ? 0 : fit * d_.points) : nullptr;
    index_t counted = 0, spare = 0;
    double scale = 0;
    for (index_t i = 0; i < d_.points; ++i) {
      const double weight = w ? w[i] : 1;
      const bool counts = weight != 0 && y[i] == y[i];
      y_[i * W + lane] = counts ? y[i] : 0;
      w_[i * W + lane] = counts ? weight : 0;
      if (counts && counted == 0) spare = i;
      counted += counts;
      scale += counts ? weight * y[i] * (weight * y[i]) : 0;
    }
    if (!d_.shared_x) put_x(lane, d_.x + fit * d_.predictors * d_.points, spare);
    const index_t bound = d_.shared_bounds ? 0 : fit * P;
    index_t open = 0;
    for (int j = 0; j < P; ++j) {
      lower_[j][lane] = d_.lower ? d_.lower[bound + j] : -std::numeric_limits<double>::infinity();
      upper_[j][lane] = d_.upper ? d_.upper[bound + j] : std::numeric_limits<double>::infinity();
      open += !(lower_[j][lane] == upper_[j][lane]);
      theta_[j][lane] = trial_[j][lane] = d_.start[fit * P + j];
    }
    scale_[lane] = scale;
    points_[lane] = static_cast<double>(counted);
    dof_[lane] = std::max<double>(1, static_cast<double>(counted - open));
    cost_[lane] = std::numeric_limits<double>::infinity();
    lambda_[lane] = 1e-3, growth_[lane] = 2, predicted_[lane] = 0;
    iterations_[lane] = 0, state_[lane] = 0;
    last_[lane] = 0;
    return true;
  }

  void give(index_t lane) {
    const index_t fit = fit_[lane];
    const auto status = static_cast<std::int32_t>(state_[lane]);
    out_.points[fit] = points_[lane];
    out_.status[fit] = status;
    out_.iterations[fit] = static_cast<std::int32_t>(iterations_[lane]);
    if (status == kHandOver) return;
    out_.cost[fit] = cost_[lane];
    for (int i = 0; i < P; ++i) {
      out_.theta[fit * P + i] = theta_[i][lane];
      for (int j = 0; j <= i; ++j)
        out_.covariance[(fit * P + i) * P + j] = out_.covariance[(fit * P + j) * P + i] = covariance_[at(i, j)][lane];
    }
  }

  // Products of the columns (J, r) at the trial points of all lanes.
  void evaluate() {
    d_.loss == Loss::Linear ? sums<false>() : sums<true>();
    // Derivatives that are no numbers, beside a finite sum, may be zero times infinity.
    Mask nan{};
    for (int i = 0; i < P; ++i)
      nan |= (new_normal_matrix_[at(i, i)] != new_normal_matrix_[at(i, i)]) & (new_cost_ == new_cost_);
    if (!S::any(nan)) return;
    absorbing_ = true;
    d_.loss == Loss::Linear ? sums<false>() : sums<true>();
    absorbing_ = false;
  }

  // The loop without losses calls nothing, so that all sums stay in registers.
  template <bool Lossy>
  void sums() {
    Vec products[kProducts]{}, towards[P]{}, cost{};
    for (index_t first = 0; first < padded_; first += length_) {
      run_chunk(first);
      const double *value = blocks_.output(0), *derivative[P];
      for (int j = 0; j < P; ++j) derivative[j] = blocks_.output(j + 1);
      const double *y = y_.data() + first * W, *w = w_.data() + first * W;
      for (index_t i = 0; i < length_ * W; i += W) {
        const Vec weight = S::load(w + i);
        const Mask counts = weight != 0;
        const Vec difference = (S::load(value + i) - S::load(y + i)) * weight;
        Vec r = counts ? difference : Vec{}, column[P];
#pragma GCC unroll 16
        for (int j = 0; j < P; ++j) {
          const Vec weighted = S::load(derivative[j] + i) * weight;
          column[j] = counts ? weighted : Vec{};
        }
        if constexpr (Lossy) {
          cost += lossy(r, column);
        } else {
          cost = S::fma(r, r, cost);
        }
        int k = 0;
#pragma GCC unroll 16
        for (int j = 0; j < P; ++j) {
          towards[j] = S::fma(column[j], r, towards[j]);
#pragma GCC unroll 16
          for (int l = 0; l <= j; ++l, ++k) products[k] = S::fma(column[j], column[l], products[k]);
        }
      }
    }
    std::copy(products, products + kProducts, new_normal_matrix_);
    std::copy(towards, towards + P, new_gradient_);
    new_cost_ = cost;
  }

  void run_chunk(index_t first) {
    if (double* x = blocks_.input(0)) {
      const double* from = x_.data() + first * d_.predictors * W;
      std::copy(from, from + length_ * d_.predictors * W, x);
    }
    for (int j = 0; j < P; ++j) {
      if (double* to = blocks_.input(j + 1)) S::store(to, trial_[j]);
    }
    absorbing_ ? blocks_.run_absorbing() : blocks_.run();
  }

  Vec lossy(Vec& r, Vec* column) const {
    alignas(64) double work[P + 1][W], cost[W];
    for (int j = 0; j < P; ++j) S::store(work[j], column[j]);
    S::store(work[P], r);
    for (index_t lane = 0; lane < W; ++lane) {
      double* columns[P + 1];
      for (int j = 0; j <= P; ++j) columns[j] = &work[j][lane];
      cost[lane] = apply_loss(d_.loss, d_.loss_scale, columns, P, 1);
    }
    for (int j = 0; j < P; ++j) column[j] = S::load(work[j]);
    r = S::load(work[P]);
    return S::load(cost);
  }

  static Vec select(Mask m, Vec a, Vec b) { return m ? a : b; }

  // Takes or refuses the trial points and makes new ones. Returns which lanes have ended.
  Mask update() {
    const Vec infinite = S::splat(std::numeric_limits<double>::infinity()), none{}, one = S::splat(1);
    const Mask started = cost_ < infinite;
    // A NaN compares false: refused.
    Mask better = new_cost_ < cost_;
    for (int i = 0; i < P; ++i) better &= (new_normal_matrix_[at(i, i)] < infinite) & (S::abs(new_gradient_[i]) < infinite);
    const Vec gain = select(started, (cost_ - new_cost_) / predicted_, one);
    const Mask good = better & (gain > 1e-4);
    // Damping, after H. B. Nielsen (1999): smoothly smaller after good steps, faster and faster larger after refused ones.
    const Vec t = 2 * gain - 1, factor = 1 - t * t * t, least = S::splat(0.1);
    const Vec after = lambda_ * select(factor > least, factor, least);
    lambda_ = select(good & started, select(gain > 0, after, lambda_), select(good, lambda_, lambda_ * growth_));
    growth_ = select(good, S::splat(2), growth_ * 2);
    const Vec stepped = last_;
    cost_ = select(good, new_cost_, cost_);
    for (int i = 0; i < P; ++i) {
      theta_[i] = select(good, trial_[i], theta_[i]);
      gradient_[i] = select(good, new_gradient_[i], gradient_[i]);
      for (int j = 0; j <= i; ++j)
        normal_matrix_[at(i, j)] = select(good, new_normal_matrix_[at(i, j)], normal_matrix_[at(i, j)]);
    }
    iterations_ += select(started | good, one, none);
    // Never finite at the start, or no end in sight: somebody else's work.
    Mask ended = (cost_ == infinite) | (lambda_ > 1e12) | (iterations_ > static_cast<double>(o_.max_iter)) |
                 (points_ < static_cast<double>(P));
    state_ = select(ended, S::splat(kHandOver), none);
    const Mask exact = !ended & (cost_ <= kExact * scale_);

    // Parameters that a bound holds take no part.
    Vec open[P];
    for (int i = 0; i < P; ++i) {
      const Mask held = (lower_[i] == upper_[i]) | ((theta_[i] <= lower_[i]) & (gradient_[i] >= 0)) |
                        ((theta_[i] >= upper_[i]) & (gradient_[i] <= 0));
      open[i] = select(held, none, one);
    }
    Vec factor_[kProducts], step[P];
    Mask regular = System::solve(normal_matrix_, gradient_, open, lambda_, factor_, step);
    Vec decrease{};  // -g^T d: twice the predicted decrease, but for the damping
    Vec damping{};
    Mask inside = cost_ == cost_;
    for (int i = 0; i < P; ++i) {
      const Vec wanted = theta_[i] + step[i];
      Vec to = select(wanted < lower_[i], lower_[i], wanted);
      to = select(to > upper_[i], upper_[i], to);
      inside &= to == wanted;
      step[i] = to - theta_[i];
      trial_[i] = to;
    }
    // Predicted by the linear model: -2 g^T d - d^T A d.
    for (int i = 0; i < P; ++i) {
      Vec row{};
      for (int j = 0; j < P; ++j) row = S::fma(normal_matrix_[i >= j ? at(i, j) : at(j, i)], step[j], row);
      decrease -= gradient_[i] * step[i];
      damping += row * step[i];
    }
    predicted_ = 2 * decrease - damping;
    predicted_ = select(predicted_ > 0, predicted_, S::splat(std::numeric_limits<double>::min()));
    // How far the step goes, in units of the uncertainties.
    Vec count{};
    for (int i = 0; i < P; ++i) count += open[i];
    const Vec rest = cost_ - decrease,
              size = decrease * dof_ / (select(count > 0, count, one) * select(rest > none, rest, one * 1e-300));
    const Vec ratio = size / stepped;
    const Mask small = inside & (lambda_ < 1e-3) & good & started;
    const Vec goal = S::splat(o_.tol * o_.tol);
    Mask done = small & (size <= goal);
    // One more step would be `ratio` times this one, and so on: what is left after it.
    done |= small & (size <= 1e-9) & (stepped > none) & (ratio < 1e-3) & (size * ratio <= goal);
    done |= (count == none) & started;
    last_ = select(good, size, none);
    done &= !ended & regular;
    done |= exact;
    // Beyond rounding there is no way to see a decrease: `least_squares` can.
    const Mask lost = !done & !ended & (!regular | (!good & started & (predicted_ <= 1e-15 * cost_)));
    state_ = select(lost, S::splat(kHandOver), state_);
    if (S::any(done)) finish(done, exact, step);
    return ended | lost | done;
  }

  // The last step, and the covariance of the parameters that are not fixed.
  void finish(Mask done, Mask exact, const Vec* step) {
    const Vec one = S::splat(1), none{};
    Vec open[P], factor[kProducts], unused[P], inverse[kProducts];
    for (int i = 0; i < P; ++i) open[i] = select(lower_[i] == upper_[i], none, one);
    const Mask regular = System::solve(normal_matrix_, gradient_, open, none, factor, unused);
    System::inverse(factor, open, inverse);
    for (int k = 0; k < kProducts; ++k) covariance_[k] = select(done, inverse[k], covariance_[k]);
    const Mask move = done & !exact;
    Vec decrease{};
    for (int i = 0; i < P; ++i) {
      theta_[i] = select(move, theta_[i] + step[i], theta_[i]);
      decrease -= gradient_[i] * step[i];
    }
    cost_ = select(move & (decrease > none), cost_ - decrease, cost_);
    state_ = select(
        done, select(exact, S::splat(static_cast<double>(Status::Exact)), S::splat(static_cast<double>(Status::Converged))),
        state_);
    // On a bound by chance, or because the minimum is beyond it? `least_squares` comes near more carefully.
    Mask other = !regular;
    for (int i = 0; i < P; ++i) other |= (lower_[i] < upper_[i]) & ((theta_[i] <= lower_[i]) | (theta_[i] >= upper_[i]));
    state_ = select(done & other, S::splat(kHandOver), state_);
  }

  const BatchData& d_;
  const Options o_;
  const BatchResult out_;
  calculus::BlockEvaluator blocks_;
  const index_t length_, padded_;
  Buffer<double> y_, w_, x_;
  index_t fit_[W];
  bool absorbing_ = false;
  Vec theta_[P]{}, trial_[P]{}, lower_[P]{}, upper_[P]{};
  Vec normal_matrix_[kProducts]{}, gradient_[P]{}, new_normal_matrix_[kProducts]{}, new_gradient_[P]{},
      covariance_[kProducts]{};
  Vec cost_{}, new_cost_{}, lambda_{}, growth_{}, predicted_{}, iterations_{}, state_{}, points_{}, dof_{}, scale_{};
  Vec last_{};
};

}  // namespace mmlcore::optimize
