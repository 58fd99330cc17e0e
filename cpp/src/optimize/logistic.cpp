#include "mmlcore/optimize/logistic.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "definite_factor.hpp"
#include "logistic_sums.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/interrupt.hpp"
#include "mmlcore/core/lane_algebra.hpp"

namespace mmlcore::optimize {
namespace {

using Vector = LogisticSums::Vector;

constexpr index_t kSample = 4096;       // rows of a start, at least
constexpr index_t kForEach = 40;        // of them for each coefficient
constexpr index_t kFewer = 4;           // part of both that the start of a start has
constexpr index_t kLong = 1 << 19;      // numbers from which on there is one
constexpr double kNear = 0.05;          // squared step, over the rows, from which on Hessians are alike
constexpr double kClose = 1e-16;        // squared step in standard errors, at which the search ends
constexpr double kCloseOfLong = 1e-13;  // the same of many rows, over the rows
constexpr double kRough = 0.1;          // the same of a start, over the columns
constexpr double kDependent = 1e-12;    // pivot in units of the diagonal
constexpr double kLeastRatio = 0.02;    // of squared steps that follow each other, taken for what is left by the last
constexpr double kSame = 1e-13;         // difference of sums, over the rows, where nothing has changed
constexpr double kUnsure = 1e-5;        // the same of a Hessian in float32, which leaves digits enough for steps
constexpr double kPasses = 50;          // columns for which a Hessian in float32 takes as long as a pass more
constexpr double kOnBorder = 1e-6;      // margin, in units of the largest, that counts as none

double inner(const Vector& x, const Vector& y) { return dot(x.data(), y.data(), static_cast<index_t>(x.size())); }

template <class T>
class Logistic {
 public:
  Logistic(MatrixView<const T> x, const double* y, const LogisticOptions& options, bool rough = false)
      : data_(x, y, options.constant), o_(options), d_(x.cols), side_(data_.side), rough_(rough), penalty_(side_) {}

  LogisticLine run() {
    LogisticLine line;
    line.coefficients.assign(d_, 0.0);
    line.covariance.assign(side_ * side_, std::numeric_limits<double>::infinity());
    Vector at(side_);
    if (!start(at) && !data_.measure()) return ended(line, LogisticEnd::NotFinite);
    penalize();
    const double n = static_cast<double>(data_.x.rows);
    const double close = rough_ ? kRough * static_cast<double>(side_) : long_ ? kCloseOfLong * n : kClose;
    const LogisticSums::Mode whole = rough_ ? LogisticSums::Mode::Rough : LogisticSums::Mode::Whole;
    LogisticSums sums = data_.pass(at, long_ ? LogisticSums::Mode::Slope : whole);
    if (long_ && chord(at, sums, line, close / 4)) return ended(line, LogisticEnd::Converged);
    double before = std::numeric_limits<double>::infinity();
    while (true) {
      poll_interrupt();
      if (!std::isfinite(std::accumulate(sums.gradient.begin(), sums.gradient.end(), sums.value)))
        return ended(line, LogisticEnd::NotFinite);
      const bool positive = factored(factor_, sums),
                 definite = positive && apart(factor_, sums, rough_ ? kUnsure : kDependent);
      if (!definite && (rough_ || line.iterations == 0)) return ended(line, LogisticEnd::Dependent);
      if (!positive) return ended(line, LogisticEnd::AlmostSeparated);
      Vector step;
      const double size = newton_step(slope_at(at, sums), step);
      if (!std::isfinite(size)) return ended(line, LogisticEnd::NotFinite);
      if (o_.ridge == 0 && line.iterations > 0) {
        if (sums.least > 0) return ended(line, LogisticEnd::Separated);
        if (line.iterations > 3 && size > 0.05 * before) {
          const LogisticSums along = data_.pass(step, LogisticSums::Mode::Margins);
          if (along.most > 0 && along.least >= -kOnBorder * along.most) return ended(line, LogisticEnd::AlmostSeparated);
        }
      }
      if (size <= close) {
        axpy(1.0, step.data(), at.data(), side_);
        sums.value -= size / 2;
        tell(line, at, sums);
        const bool told =
            std::none_of(line.covariance.begin(), line.covariance.end(), [](double c) { return std::isnan(c); });
        return ended(line, told || rough_ ? LogisticEnd::Converged : LogisticEnd::NotFinite);
      }
      if (line.iterations == o_.max_iter) {
        tell(line, at, sums);
        return ended(line, LogisticEnd::MaxIterations);
      }
      if ((long_ || rough_) && size < kNear * n && before > size) {  // steps by this Hessian, while each is much shorter
        before = size;
        if (chord(at, sums, line, close / 4)) return ended(line, LogisticEnd::Converged);
        continue;
      }
      ++line.iterations;
      before = size;
      const double value = sums.value + ridge_at(at);
      Vector to;
      for (double part = 1; part > 1e-12; part /= 2) {
        to = at;
        axpy(part, step.data(), to.data(), side_);
        sums = data_.pass(to, whole);
        if (sums.value + ridge_at(to) <= value + 1e-13 * std::abs(value)) break;
      }
      at = to;
    }
  }

  // The covariance at the point of a state, where value and slope are still those of the state.
  Vector covariance_at(const Vector& state) {
    const auto part = [&](index_t k, index_t count) {
      const double* const from = state.data() + k * side_;
      return Vector(from, from + count);
    };
    data_.measured_as(part(0, d_), part(1, d_));
    penalize();
    const Vector at = part(2, side_), slope = part(3, side_);
    const LogisticSums sums = data_.pass(at, LogisticSums::Mode::Whole);
    const double away = kSame * static_cast<double>(data_.x.rows), value = state.back();
    bool same = std::abs(sums.value - value) <= away;
    for (index_t j = 0; j < side_; ++j) same = same && std::abs(sums.gradient[j] - slope[j]) <= away;
    if (!same || !factored(factor_, sums)) return {};
    LogisticLine line;
    line.covariance.resize(side_ * side_);
    data_.covariance(factor_, penalty_, line.covariance);
    return line.covariance;
  }

 private:
  void penalize() {
    for (index_t j = 0; j < d_; ++j) penalty_[j] = o_.ridge / data_.scale[j] / data_.scale[j];
  }

  // Factors the Hessian; false where it is not positive definite.
  bool factored(DefiniteFactor& factor, const LogisticSums& sums) const {
    Vector hessian = sums.hessian;
    for (index_t j = 0; j < side_; ++j) hessian[j * side_ + j] += penalty_[j];
    return factor.compute(hessian, side_);
  }
  // Whether no pivot is smaller than `least`, in units of the diagonal.
  bool apart(const DefiniteFactor& factor, const LogisticSums& sums, double least) const {
    for (index_t j = 0; j < side_; ++j) {
      if (!(factor.pivot(j) > least * (sums.hessian[j * side_ + j] + penalty_[j]))) return false;
    }
    return true;
  }

  // Of many rows, the solution for some of them is a start, within their errors, and its Hessian is alike. Their units serve
  // for all rows.
  bool start(Vector& at) {
    const index_t least = std::max<index_t>(kSample, kForEach * side_) / (rough_ ? kFewer : 1);
    const index_t step = data_.x.rows / least;
    if (step < kFewer || data_.x.rows * d_ < kLong) return false;
    const index_t rows = (data_.x.rows + step - 1) / step;
    Vector classes(rows);
    for (index_t i = 0; i < rows; ++i) classes[i] = data_.y[i * step];
    const MatrixView<const T> some{data_.x.data, rows, d_, data_.x.row_stride * step, data_.x.col_stride};
    LogisticOptions options = o_;
    options.ridge /= static_cast<double>(step);
    options.later = false;
    Logistic<T> sample(some, classes.data(), options, true);
    if (sample.run().end != LogisticEnd::Converged) return false;
    long_ = true;
    at = std::move(sample.at_);
    factor_ = std::move(sample.factor_);
    factor_.times(static_cast<double>(step));
    data_.measured_as(sample.data_.mean, sample.data_.scale);
    return true;
  }

  double ridge_at(const Vector& at) const {
    double sum = 0;
    for (index_t j = 0; j < side_; ++j) sum += penalty_[j] * at[j] * at[j];
    return 0.5 * sum;
  }

  Vector slope_at(const Vector& at, const LogisticSums& sums) const {
    Vector slope = sums.gradient;
    for (index_t j = 0; j < side_; ++j) slope[j] += penalty_[j] * at[j];
    return slope;
  }

  // Steps and the changes of the slope that they made: what L-BFGS corrects the curvature by (descent.hpp).
  struct Pair {
    Vector step, change;
    double curvature;
    double part;
  };

  // The step to the minimum of the parabola, and its square in units of the standard errors.
  double newton_step(const Vector& slope, Vector& step, std::vector<Pair>* pairs = nullptr) const {
    step.assign(side_, 0.0);
    axpy(-1.0, slope.data(), step.data(), side_);
    if (pairs) {
      for (auto pair = pairs->rbegin(); pair != pairs->rend(); ++pair) {
        pair->part = inner(pair->step, step) / pair->curvature;
        axpy(-pair->part, pair->change.data(), step.data(), side_);
      }
    }
    factor_.solve(step.data());
    if (pairs) {
      for (const Pair& pair : *pairs)
        axpy(pair.part - inner(pair.change, step) / pair.curvature, pair.step.data(), step.data(), side_);
    }
    return -inner(slope, step);
  }

  // Steps by a Hessian of nearby, which needs gradients alone, and learns from them, while each is much shorter than the one
  // before and longer than `close`; then the Hessian. Back to the start where that was better.
  //
  // Where the covariance is left for later steps go on to the end, what the last one leaves by the ratio of the last two:
  // true if they got there. So it is with a start, whose end is near enough for its Hessian to serve for more rows.
  bool chord(Vector& at, LogisticSums& sums, LogisticLine& line, double close) {
    double before = std::numeric_limits<double>::infinity();
    const bool later = long_ && o_.later;
    bool renewed = !sums.hessian.empty();
    const Vector from = at;
    const LogisticSums sums_there = sums;
    Vector step, slope = slope_at(at, sums);
    std::vector<Pair> pairs;
    while (line.iterations < o_.max_iter) {
      double size = newton_step(slope, step, &pairs);
      if (later && !renewed && renewal_pays(size, before) && renew(sums)) {
        renewed = true;
        pairs.clear();
        before = std::numeric_limits<double>::infinity();
        size = newton_step(slope, step, &pairs);
      }
      if (!(size < 0.25 * before) || (!later && !rough_ && size <= close)) break;
      if (rough_ && size <= 4 * close) {  // the Hessian of nearby serves for more rows
        at_ = at;
        axpy(1.0, step.data(), at_.data(), side_);
        return true;
      }
      if (later && std::isfinite(sums.value) && size * std::max(size / before, kLeastRatio) <= kClose) {
        leave(line, at, sums);
        axpy(1.0, step.data(), at.data(), side_);
        line.log_likelihood = -(sums.value - size / 2);
        tell_coefficients(line, at);
        ++line.iterations;
        return true;
      }
      before = size;
      axpy(1.0, step.data(), at.data(), side_);
      ++line.iterations;
      sums = data_.pass(at, LogisticSums::Mode::Slope);
      Vector next = slope_at(at, sums), change = next;
      axpy(-1.0, slope.data(), change.data(), side_);
      const double curvature = inner(step, change);
      if (curvature > 0) pairs.push_back({step, std::move(change), curvature, 0});
      slope = std::move(next);
    }
    const double value = sums_there.value + ridge_at(from);
    if (!(sums.value + ridge_at(at) <= value + 1e-13 * std::abs(value))) {
      at = from;
      sums = sums_there;
    }
    if (sums.hessian.empty()) data_.add_hessian(sums, rough_);
    return false;
  }

  // Of a Hessian of all rows steps leave a part of the step before that is its length in the linear parts; that against what
  // they leave now, in passes.
  bool renewal_pays(double size, double before) const {
    const double n = static_cast<double>(data_.x.rows), rest = std::log(kClose / size);
    if (!(size < 0.25 * before)) return std::isfinite(size);
    if (!(size > kClose)) return false;
    return rest / std::log(size / before) - rest / std::log(std::min(size / n, 0.1)) > 1 + static_cast<double>(d_) / kPasses;
  }
  bool renew(LogisticSums& sums) {
    DefiniteFactor factor;
    data_.add_hessian(sums, true);
    const bool sure = factored(factor, sums) && apart(factor, sums, kUnsure);
    if (sure) factor_ = std::move(factor);
    sums.hessian.clear();
    return sure;
  }

  // Keeps what `covariance_at` needs.
  void leave(LogisticLine& line, const Vector& at, const LogisticSums& sums) const {
    line.covariance.clear();
    line.state.assign(4 * side_ + 1, 0.0);
    double* to = line.state.data();
    for (const Vector* part : {&data_.mean, &data_.scale, &at, &sums.gradient}) {
      std::copy(part->begin(), part->end(), to);
      to += side_;
    }
    *to = sums.value;
  }

  static LogisticLine& ended(LogisticLine& line, LogisticEnd end) {
    line.end = end;
    return line;
  }

  void tell(LogisticLine& line, const Vector& at, const LogisticSums& sums) {
    if (rough_) {
      at_ = at;
      return;
    }
    line.log_likelihood = -sums.value;
    tell_coefficients(line, at);
    data_.covariance(factor_, penalty_, line.covariance);
  }

  void tell_coefficients(LogisticLine& line, const Vector& at) const {
    line.constant = o_.constant ? at[d_] : 0;
    for (index_t j = 0; j < d_; ++j) {
      line.coefficients[j] = at[j] / data_.scale[j];
      line.constant -= o_.constant ? data_.mean[j] * line.coefficients[j] : 0;
    }
  }

  LogisticData<T> data_;
  const LogisticOptions o_;
  const index_t d_, side_;
  const bool rough_;  // a start for more rows
  bool long_ = false;
  Vector penalty_, at_;
  DefiniteFactor factor_;
};

}  // namespace

template <class T>
LogisticLine logistic_fit(MatrixView<const T> x, const double* y, const LogisticOptions& options) {
  return Logistic<T>(x, y, options).run();
}

template <class T>
std::vector<double> logistic_covariance(MatrixView<const T> x, const double* y, const std::vector<double>& state,
                                        const LogisticOptions& options) {
  return Logistic<T>(x, y, options).covariance_at(state);
}

template LogisticLine logistic_fit(MatrixView<const float>, const double*, const LogisticOptions&);
template LogisticLine logistic_fit(MatrixView<const double>, const double*, const LogisticOptions&);
template std::vector<double> logistic_covariance(MatrixView<const float>, const double*, const std::vector<double>&,
                                                 const LogisticOptions&);
template std::vector<double> logistic_covariance(MatrixView<const double>, const double*, const std::vector<double>&,
                                                 const LogisticOptions&);

}  // namespace mmlcore::optimize
