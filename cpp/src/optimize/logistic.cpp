#include "mmlcore/optimize/logistic.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "logistic_sums.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/interrupt.hpp"
#include "mmlcore/core/lane_algebra.hpp"
#include "mmlcore/elimination/cholesky_batch.hpp"
#include "mmlcore/matrices/product.hpp"

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
constexpr double kRough = 0.05;         // the same of a start, over the columns
constexpr double kDependent = 1e-12;    // pivot in units of the diagonal
constexpr double kOnBorder = 1e-6;      // margin, in units of the largest, that counts as none

double inner(const Vector& x, const Vector& y) { return dot(x.data(), y.data(), static_cast<index_t>(x.size())); }

// L L' of a symmetric matrix, and what is solved by it.
class Factor {
 public:
  // False where it is not positive definite.
  bool compute(const Vector& a, index_t n) {
    n_ = n;
    l_ = a;
    return cholesky_rows<double>(c_order(l_.data(), n, n), true) < 0;
  }
  double pivot(index_t i) const { return l_[i * n_ + i] * l_[i * n_ + i]; }
  void times(double number) {
    for (double& entry : l_) entry *= std::sqrt(number);
  }
  void solve(double* x) const {
    for (index_t i = 0; i < n_; ++i) x[i] = (x[i] - dot(row(i), x, i)) / row(i)[i];
    for (index_t i = n_ - 1; i >= 0; --i) {
      x[i] /= row(i)[i];
      axpy(-x[i], row(i), x, i);
    }
  }

 private:
  const double* row(index_t i) const { return l_.data() + i * n_; }
  index_t n_ = 0;
  Vector l_;
};

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
    for (index_t j = 0; j < d_; ++j) penalty_[j] = o_.ridge / data_.scale[j] / data_.scale[j];
    const double n = static_cast<double>(data_.x.rows);
    const double close = rough_ ? kRough * static_cast<double>(side_) : long_ ? kCloseOfLong * n : kClose;
    LogisticSums sums = data_.pass(at, long_ ? LogisticSums::Mode::Slope : LogisticSums::Mode::Whole);
    if (long_) chord(at, sums, line, close / 4);
    double before = std::numeric_limits<double>::infinity();
    while (true) {
      poll_interrupt();
      if (!std::isfinite(std::accumulate(sums.gradient.begin(), sums.gradient.end(), sums.value)))
        return ended(line, LogisticEnd::NotFinite);
      Vector hessian = sums.hessian;
      for (index_t j = 0; j < side_; ++j) hessian[j * side_ + j] += penalty_[j];
      const bool factored = factor_.compute(hessian, side_);
      bool definite = factored;
      for (index_t j = 0; definite && j < side_; ++j) definite = factor_.pivot(j) > kDependent * hessian[j * side_ + j];
      if (!definite && line.iterations == 0) return ended(line, LogisticEnd::Dependent);
      if (!factored) return ended(line, LogisticEnd::AlmostSeparated);
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
        chord(at, sums, line, close / 4);
        continue;
      }
      ++line.iterations;
      before = size;
      const double value = sums.value + ridge_at(at);
      Vector to;
      for (double part = 1; part > 1e-12; part /= 2) {
        to = at;
        axpy(part, step.data(), to.data(), side_);
        sums = data_.pass(to, LogisticSums::Mode::Whole);
        if (sums.value + ridge_at(to) <= value + 1e-13 * std::abs(value)) break;
      }
      at = to;
    }
  }

 private:
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
    Logistic<T> sample(some, classes.data(), options, true);
    if (sample.run().end != LogisticEnd::Converged) return false;
    long_ = true;
    at = std::move(sample.at_);
    factor_ = std::move(sample.factor_);
    factor_.times(static_cast<double>(step));
    data_.measured_as(sample.data_);
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
  void chord(Vector& at, LogisticSums& sums, LogisticLine& line, double close) const {
    double before = std::numeric_limits<double>::infinity();
    const Vector from = at;
    const LogisticSums sums_there = sums;
    Vector step, slope = slope_at(at, sums);
    std::vector<Pair> pairs;
    while (line.iterations < o_.max_iter) {
      const double size = newton_step(slope, step, &pairs);
      if (!(size < 0.25 * before) || size <= close) break;
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
    if (sums.hessian.empty()) data_.add_hessian(sums);
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
    Vector numbers(side_ * side_);
    const MatrixView<double> inverse = c_order(numbers.data(), side_, side_);
    for (index_t j = 0; j < side_; ++j) {
      inverse(j, j) = 1;
      factor_.solve(&inverse(j, 0));
    }
    if (o_.ridge > 0) {
      const Vector whole = numbers;
      Vector part = numbers;
      for (index_t i = 0; i < side_ * side_; ++i) part[i] *= penalty_[i % side_];
      product<double>(c_order<const double>(part.data(), side_, side_), c_order<const double>(whole.data(), side_, side_),
                      inverse, -1, 1);
    }
    line.constant = o_.constant ? at[d_] : 0;
    auto& result = line.covariance;
    const auto covariance = [&](index_t i, index_t j) { return result[j * side_ + i]; };
    for (index_t j = 0; j < d_; ++j) {
      line.coefficients[j] = at[j] / data_.scale[j];
      line.constant -= o_.constant ? data_.mean[j] * line.coefficients[j] : 0;
      for (index_t i = 0; i < d_; ++i) result[j * side_ + i] = inverse(i, j) / data_.scale[i] / data_.scale[j];
    }
    if (!o_.constant) return;
    double corner = inverse(d_, d_);
    for (index_t j = 0; j < d_; ++j) {
      double with_mean = inverse(d_, j) / data_.scale[j];
      corner -= 2 * data_.mean[j] * with_mean;
      double sum = 0;
      for (index_t i = 0; i < d_; ++i) sum += data_.mean[i] * covariance(i, j);
      corner += data_.mean[j] * sum;
      result[j * side_ + d_] = result[d_ * side_ + j] = with_mean - sum;
    }
    result[d_ * side_ + d_] = corner;
  }

  LogisticData<T> data_;
  const LogisticOptions o_;
  const index_t d_, side_;
  const bool rough_;  // a start for more rows
  bool long_ = false;
  Vector penalty_, at_;
  Factor factor_;
};

}  // namespace

template <class T>
LogisticLine logistic_fit(MatrixView<const T> x, const double* y, const LogisticOptions& options) {
  return Logistic<T>(x, y, options).run();
}

template LogisticLine logistic_fit(MatrixView<const float>, const double*, const LogisticOptions&);
template LogisticLine logistic_fit(MatrixView<const double>, const double*, const LogisticOptions&);

}  // namespace mmlcore::optimize
