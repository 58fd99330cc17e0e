#include "mmlcore/optimize/newton.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/careful_length.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/region_failed.hpp"
#include "mmlcore/elimination/lu.hpp"
#include "newton_lanes.hpp"

namespace mmlcore::optimize {
namespace {

constexpr index_t kParallel = 128;  // unknowns from which threads share a linear system
constexpr index_t kChunk = 256;     // starts that a thread takes at a time: their numbers stay in the cache
constexpr index_t kLaneChunk = 1024;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
using Doubles = std::vector<double>;
using Rows = std::vector<index_t>;

double length(const double* x, index_t n) {
  if (n == 1) return std::abs(x[0]);
  double sum = 0;
  for (index_t i = 0; i < n; ++i) sum += x[i] * x[i];
  if (!(sum < kLeastSquares || sum > kMostSquares)) return std::sqrt(sum);
  return careful_length<double>(n, Contiguous<double>{x});
}
bool finite(const double* x, index_t n) {
  return std::all_of(x, x + n, [](double value) { return std::isfinite(value); });
}

class Iteration {
 public:
  Iteration(const calculus::Program& values, const calculus::Program& slopes, index_t k, index_t n, const double* start,
            const NewtonOptions& options, const ShortestStep& shortest)
      : values_(values), slopes_(slopes), k_(k), n_(n), o_(options), shortest_(shortest) {
    r_.x.assign(start, start + k * n);
    r_.norm.resize(k);
    r_.steps.assign(k, 0);
    r_.status.assign(k, state(NewtonStatus::MaxIterations));
    size_.resize(k * n);
    for (index_t i = 0; i < k * n; ++i) size_[i] = std::abs(start[i]);
    last_.assign(k, 0.0);
    below_ = above_ = Doubles(n == 1 ? k : 0, kNone);
    slow_.assign(k, 0);
  }

  Roots run() {
    value_.resize(k_ * n_);
    evaluate(values_, r_.x, value_);
    for (index_t i = 0; i < k_; ++i) {
      r_.norm[i] = length(&value_[i * n_], n_);
      if (r_.norm[i] == 0) end(i, NewtonStatus::Converged);
      if (!std::isfinite(r_.norm[i])) end(i, NewtonStatus::NotFinite);
    }
    first_ = r_.norm;
    keep();
    for (index_t step = 0; step < o_.max_iter; ++step) {
      if (stop_requested()) break;
      Rows on;
      for (index_t i = 0; i < k_; ++i) {
        if (r_.status[i] == state(NewtonStatus::MaxIterations)) on.push_back(i);
      }
      if (on.empty()) break;
      advance(on);
      keep();
    }
    return std::move(r_);
  }

 private:
  static std::int64_t state(NewtonStatus status) { return static_cast<std::int64_t>(status); }
  void end(index_t i, NewtonStatus status) { r_.status[i] = state(status); }
  void keep() {
    if (o_.trajectory) r_.path.insert(r_.path.end(), r_.x.begin(), r_.x.end());
  }

  // The results of a program at rows of n numbers.
  void evaluate(const calculus::Program& program, const Doubles& x, Doubles& result) const {
    const index_t points = static_cast<index_t>(x.size()) / n_;
    result.resize(points * program.result_size(0));
    const calculus::Points<const double> in{x.data(), n_};
    const calculus::Points<double> out{result.data(), program.result_size(0)};
    program.run<double>(points, &in, &out);
  }

  // -J^-1 f in `step`; false where that leads nowhere.
  bool solve(const double* jacobian, const double* f, double* step) const {
    if (n_ == 1) {
      step[0] = -f[0] / jacobian[0];
      return std::isfinite(step[0]);
    }
    if (n_ <= kTiny && solve_tiny(jacobian, f, step)) return true;
    const auto found = try_solve<double>(c_order(jacobian, n_, n_), {f, n_, 1, 1, 1}, {step, n_, 1, 1, 1}, n_ >= kParallel);
    if (found.solved != Solved::yes || !finite(step, n_)) {
      if (!finite(jacobian, n_ * n_)) return false;
      shortest_(jacobian, f, step);
      Doubles gain(n_, 0.0);
      for (index_t i = 0; i < n_; ++i) {
        for (index_t j = 0; j < n_; ++j) gain[i] += jacobian[i * n_ + j] * step[j];
      }
      if (!(length(gain.data(), n_) > 1e-8 * length(f, n_))) return false;
    }
    for (index_t i = 0; i < n_; ++i) step[i] = -step[i];
    return true;
  }

  // Elimination with row pivots of so few unknowns that a call costs more; false where a pivot is small beside its row,
  // which the longer way decides.
  bool solve_tiny(const double* jacobian, const double* f, double* step) const {
    double a[kTiny][kTiny + 1], whole[kTiny];
    for (index_t i = 0; i < n_; ++i) {
      whole[i] = 0;
      for (index_t j = 0; j < n_; ++j) {
        a[i][j] = jacobian[i * n_ + j];
        whole[i] = std::max(whole[i], std::abs(a[i][j]));
      }
      a[i][n_] = -f[i];
    }
    for (index_t j = 0; j < n_; ++j) {
      index_t row = j;
      for (index_t i = j + 1; i < n_; ++i) {
        if (std::abs(a[i][j]) * whole[row] > std::abs(a[row][j]) * whole[i]) row = i;
      }
      if (!(std::abs(a[row][j]) > kSmallPivot * whole[row])) return false;
      if (row != j) {
        std::swap(a[row], a[j]);
        std::swap(whole[row], whole[j]);
      }
      for (index_t i = j + 1; i < n_; ++i) {
        const double factor = a[i][j] / a[j][j];
        for (index_t k = j + 1; k <= n_; ++k) a[i][k] -= factor * a[j][k];
      }
    }
    for (index_t i = n_ - 1; i >= 0; --i) {
      double sum = a[i][n_];
      for (index_t j = i + 1; j < n_; ++j) sum -= a[i][j] * step[j];
      step[i] = sum / a[i][i];
    }
    return finite(step, n_);
  }

  bool tiny(index_t i, const double* step, const double* x) const {
    for (index_t j = 0; j < n_; ++j) {
      if (!(std::abs(step[j]) <= o_.tol * std::max(std::abs(x[j]), 0.01 * size_[i * n_ + j]))) return false;
    }
    return true;
  }
  bool below(const double* step, const double* x) const {
    for (index_t j = 0; j < n_; ++j) {
      if (!(std::abs(step[j]) <= o_.tol * std::abs(x[j]))) return false;
    }
    return true;
  }

  // Of one equation: to the middle of an interval with a change of sign, where the step would leave it or gains little.
  // Returns whether there is such an interval; `good` becomes true where the middle is taken.
  bool inside(index_t i, double& step, bool& good) {
    const double x = r_.x[i], f = value_[i];
    const bool last = tiny(i, &step, &r_.x[i]);
    if (f < 0) below_[i] = x;
    if (f > 0) above_[i] = x;
    if (std::isnan(below_[i] + above_[i])) return false;
    const double low = std::min(below_[i], above_[i]), high = std::max(below_[i], above_[i]), to = x + step;
    if (!last && (slow_[i] || !(to > low && to < high))) {
      step = low + (high - low) / 2 - x;
      good = true;
    }
    return true;
  }

  void advance(Rows& on) {
    gather(on, r_.x, at_);
    evaluate(slopes_, at_, jacobians_);
    Rows going;
    Doubles steps;
    std::vector<char> held;
    Doubles step(n_);
    for (std::size_t s = 0; s < on.size(); ++s) {
      const index_t i = on[s];
      bool good = solve(&jacobians_[s * n_ * n_], &value_[i * n_], step.data());
      for (index_t j = 0; j < n_; ++j) {
        double& size = size_[i * n_ + j];
        if (size == 0) size = std::abs(step[j]);
      }
      const bool enclosed = n_ == 1 && o_.safeguard && inside(i, step[0], good);
      if (!good) {
        end(i, NewtonStatus::Singular);
        continue;
      }
      going.push_back(i);
      steps.insert(steps.end(), step.begin(), step.end());
      held.push_back(enclosed);
    }
    if (going.empty()) return;
    gather(going, r_.x, at_);
    std::vector<char> stuck = attempt(going, steps, held);
    for (std::size_t s = 0; s < going.size(); ++s) take(going[s], &steps[s * n_], &at_[s * n_], s, stuck[s]);
  }

  // Goes by the steps, halved until |f| decreases, to moved_ with values found_; true where no part of the step helps.
  std::vector<char> attempt(const Rows& on, const Doubles& steps, const std::vector<char>& held) {
    const std::size_t count = on.size();
    moved_ = at_;
    for (std::size_t i = 0; i < moved_.size(); ++i) moved_[i] += steps[i];
    evaluate(values_, moved_, found_);
    std::vector<char> worse(count, 0);
    Doubles part(count, 1.0), points, results;
    for (int halving = 0; halving < (o_.safeguard ? kHalvings : 0); ++halving) {
      points.clear();
      for (std::size_t s = 0; s < count; ++s) {
        const bool fine = length(&found_[s * n_], n_) <= (1 - kLeastDecrease * part[s]) * r_.norm[on[s]];
        // Where the step is tiny, rounding decides.
        worse[s] = !fine && !held[s] && !tiny(on[s], &steps[s * n_], &at_[s * n_]);
        if (!worse[s]) continue;
        part[s] /= 2;
        for (index_t j = 0; j < n_; ++j)
          points.push_back(moved_[s * n_ + j] = at_[s * n_ + j] + part[s] * steps[s * n_ + j]);
      }
      if (points.empty() || stop_requested()) break;
      evaluate(values_, points, results);
      std::size_t from = 0;
      for (std::size_t s = 0; s < count; ++s) {
        if (worse[s]) std::copy_n(&results[n_ * from++], n_, &found_[s * n_]);
      }
    }
    for (std::size_t s = 0; s < count; ++s) {
      if (!worse[s]) continue;
      std::copy_n(&at_[s * n_], n_, &moved_[s * n_]);
      std::copy_n(&value_[on[s] * n_], n_, &found_[s * n_]);
    }
    return worse;
  }

  void take(index_t i, const double* step, const double* before, std::size_t s, bool stuck) {
    const double size = length(step, n_);
    bool small = !stuck && tiny(i, step, before) && (size > 0.4 * last_[i] || below(step, before));
    last_[i] = size;
    // Where rounding errors of f, which hide every decrease, are all that is left of it.
    if (stuck && size <= kBlur * std::max(length(before, n_), length(&size_[i * n_], n_))) small = true, stuck = false;
    const double after = length(&found_[s * n_], n_);
    slow_[i] = after > 0.5 * r_.norm[i];
    std::copy_n(&moved_[s * n_], n_, &r_.x[i * n_]);
    std::copy_n(&found_[s * n_], n_, &value_[i * n_]);
    r_.norm[i] = after;
    ++r_.steps[i];
    if (small || after == 0) end(i, NewtonStatus::Converged);
    // A change of sign at a pole is no root.
    if (stuck || (small && after > first_[i] && n_ == 1)) end(i, NewtonStatus::Stuck);
    if (!std::isfinite(after)) end(i, NewtonStatus::NotFinite);
  }

  void gather(const Rows& on, const Doubles& from, Doubles& to) const {
    to.resize(on.size() * n_);
    for (std::size_t s = 0; s < on.size(); ++s) std::copy_n(&from[on[s] * n_], n_, &to[s * n_]);
  }

  const calculus::Program &values_, &slopes_;
  const index_t k_, n_;
  const NewtonOptions o_;
  const ShortestStep& shortest_;
  Roots r_;
  Doubles value_, first_, size_, last_;  // f; its first norms; how large unknowns may be; lengths of the last steps
  Doubles below_, above_;                // where f, of one number, was negative, and where positive
  std::vector<char> slow_;               // whether the last step gained little
  Doubles at_, jacobians_, moved_, found_;
};

}  // namespace

namespace {

Roots of_some(const calculus::Program& values, const calculus::Program& slopes, index_t k, index_t n, const double* start,
              const NewtonOptions& options, const ShortestStep& shortest) {
  Roots found = Iteration(values, slopes, k, n, start, options, shortest).run();
  Rows held;
  Doubles again;
  for (index_t i = 0; i < k && options.safeguard; ++i) {
    const auto status = static_cast<NewtonStatus>(found.status[i]);
    if (status != NewtonStatus::Stuck && status != NewtonStatus::Singular) continue;
    held.push_back(i);
    again.insert(again.end(), start + i * n, start + (i + 1) * n);
  }
  if (held.empty()) return found;
  const NewtonOptions plain{options.tol, options.max_iter, false, false};
  const Roots other = Iteration(values, slopes, static_cast<index_t>(held.size()), n, again.data(), plain, shortest).run();
  for (std::size_t s = 0; s < held.size(); ++s) {
    const index_t i = held[s];
    found.steps[i] += other.steps[s];
    if (static_cast<NewtonStatus>(other.status[s]) != NewtonStatus::Converged) continue;
    std::copy_n(&other.x[s * n], n, &found.x[i * n]);
    found.norm[i] = other.norm[s];
    found.status[i] = other.status[s];
  }
  return found;
}

}  // namespace

namespace {

void put(const Roots& some, index_t s, Roots& all, index_t i, index_t n) {
  std::copy_n(some.x.begin() + s * n, n, all.x.begin() + i * n);
  all.norm[i] = some.norm[s];
  all.steps[i] = some.steps[s];
  all.status[i] = some.status[s];
}

}  // namespace

Roots newton(const NewtonPrograms& programs, index_t k, index_t n, const double* start, const NewtonOptions& options,
             const ShortestStep& shortest) {
  const bool lanes = programs.both && n <= kTiny && options.safeguard && !options.trajectory;
  if (!lanes && (k <= kChunk || options.trajectory)) {
    return of_some(programs.values, programs.slopes, k, n, start, options, shortest);
  }
  Roots all;
  all.x.resize(k * n);
  all.norm.resize(k);
  all.steps.resize(k);
  all.status.resize(k);
  // Lanes are full but for the end of a task.
  const index_t tasks = lanes ? std::clamp<index_t>(k / kLaneChunk, 1, 8 * num_threads()) : (k + kChunk - 1) / kChunk;
  parallel_tasks(tasks, [&](index_t task) {
    const index_t first = k * task / tasks, end = k * (task + 1) / tasks;
    if (!lanes) {
      const Roots some = of_some(programs.values, programs.slopes, end - first, n, start + first * n, options, shortest);
      for (index_t i = first; i < end; ++i) put(some, i - first, all, i, n);
      return;
    }
    Rows hard;
    newton_in_lanes(*programs.both, n, start, first, end, options, all, hard);
    if (hard.empty()) return;
    Doubles again;
    for (const index_t i : hard) again.insert(again.end(), start + i * n, start + (i + 1) * n);
    const index_t count = static_cast<index_t>(hard.size());
    const Roots some = of_some(programs.values, programs.slopes, count, n, again.data(), options, shortest);
    for (index_t s = 0; s < count; ++s) put(some, s, all, hard[s], n);
  });
  return all;
}

}  // namespace mmlcore::optimize
