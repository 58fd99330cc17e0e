#include "mmlcore/optimize/logistic.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/calculus/elementary.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/interrupt.hpp"
#include "mmlcore/core/maps.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/stats/column_moments.hpp"

namespace mmlcore::optimize {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;
using S = Simd<double>;

constexpr index_t kRows = 256;        // of a block
constexpr index_t kSums = 1 << 21;    // numbers of all Hessians together
constexpr index_t kShare = 1 << 15;   // numbers that a thread is woken for
constexpr index_t kSample = 4096;     // rows of a start
constexpr index_t kLong = 1 << 19;    // numbers from which on there is one
constexpr double kNear = 0.05;        // squared step, over the rows, from which on Hessians are alike
constexpr double kClose = 1e-16;      // squared step in standard errors, at which the search ends
constexpr double kDependent = 1e-12;  // pivot in units of the diagonal
constexpr double kOnBorder = 1e-6;    // margin, in units of the largest, that counts as none

struct Sums {
  double value = 0;                                        // minus the log-likelihood
  double least = std::numeric_limits<double>::infinity();  // margin
  double most = -std::numeric_limits<double>::infinity();
  Vector gradient;
  Matrix hessian;  // lower triangle
};

template <class T>
class Logistic {
 public:
  Logistic(MatrixView<const T> x, const double* y, const LogisticOptions& options)
      : x_(x), y_(y), o_(options), d_(x.cols), side_(x.cols + options.constant), mean_(d_), scale_(d_) {}

  LogisticLine run() {
    LogisticLine line;
    line.coefficients.assign(d_, 0.0);
    line.covariance.assign(side_ * side_, std::numeric_limits<double>::infinity());
    Vector low(d_), square(d_);
    column_moments<T>(x_, nullptr, mean_.data(), low.data(), square.data());
    const double n = static_cast<double>(x_.rows);
    for (index_t j = 0; j < d_; ++j) {
      if (!std::isfinite(mean_[j]) || !std::isfinite(square[j])) return ended(line, LogisticEnd::NotFinite);
      if (!o_.constant) square[j] += n * mean_[j] * mean_[j], mean_[j] = 0;
      scale_[j] = square[j] > 0 ? std::sqrt(square[j] / n) : 1;
    }
    penalty_ = Vector::Zero(side_);
    for (index_t j = 0; j < d_; ++j) penalty_[j] = o_.ridge / scale_[j] / scale_[j];
    Vector at = first_guess();
    Sums sums = pass(at, Mode::Whole);
    double before = std::numeric_limits<double>::infinity();
    Eigen::LLT<Matrix> factor;
    while (true) {
      poll_interrupt();
      Matrix hessian = sums.hessian;
      hessian.diagonal() += penalty_;
      factor.compute(hessian);
      const Vector pivots = factor.matrixLLT().diagonal();
      const bool definite =
          factor.info() == Eigen::Success && (pivots.array().square() > kDependent * hessian.diagonal().array()).all();
      if (!definite && line.iterations == 0) return ended(line, LogisticEnd::Dependent);
      if (factor.info() != Eigen::Success) return ended(line, LogisticEnd::AlmostSeparated);
      const Vector slope = sums.gradient + penalty_.cwiseProduct(at);
      Vector step = factor.solve(-slope);
      const double size = -slope.dot(step);
      if (!std::isfinite(size)) return ended(line, LogisticEnd::NotFinite);
      if (o_.ridge == 0 && line.iterations > 0) {
        if (sums.least > 0) return ended(line, LogisticEnd::Separated);
        if (line.iterations > 3 && size > 0.05 * before) {
          const Sums along = pass(step, Mode::Margins);
          if (along.most > 0 && along.least >= -kOnBorder * along.most) return ended(line, LogisticEnd::AlmostSeparated);
        }
      }
      if (size <= kClose) {
        at += step;
        tell(line, at, factor, sums);
        return ended(line, LogisticEnd::Converged);
      }
      if (line.iterations == o_.max_iter) {
        tell(line, at, factor, sums);
        return ended(line, LogisticEnd::MaxIterations);
      }
      if (long_ && size < kNear * n && before > size) {  // steps by this Hessian, as long as each is much shorter
        before = size;
        chord(factor, at, sums, line);
        continue;
      }
      ++line.iterations;
      before = size;
      const double value = sums.value + 0.5 * penalty_.dot(at.cwiseAbs2());
      for (int halving = 0; halving < 40; ++halving, step /= 2) {
        const Vector to = at + step;
        sums = pass(to, Mode::Whole);
        const double found = sums.value + 0.5 * penalty_.dot(to.cwiseAbs2());
        if (found <= value + 1e-13 * std::abs(value)) break;
      }
      at += step;
    }
  }

 private:
  // Of many rows, the solution for some of them is a start two or three steps from that for all.
  Vector first_guess() {
    const index_t step = x_.rows / std::max<index_t>(kSample, 40 * side_);
    long_ = step >= 4 && x_.rows * d_ >= kLong;
    if (!long_) return Vector::Zero(side_);
    const index_t rows = (x_.rows + step - 1) / step;
    std::vector<double> classes(rows);
    for (index_t i = 0; i < rows; ++i) classes[i] = y_[i * step];
    const MatrixView<const T> some{x_.data, rows, d_, x_.row_stride * step, x_.col_stride};
    LogisticOptions options = o_;
    options.ridge /= static_cast<double>(step);
    const LogisticLine found = Logistic<T>(some, classes.data(), options).run();
    Vector at = Vector::Zero(side_);
    if (found.end != LogisticEnd::Converged) return at;
    if (o_.constant) at[d_] = found.constant;
    for (index_t j = 0; j < d_; ++j) {
      at[j] = found.coefficients[j] * scale_[j];
      if (o_.constant) at[d_] += found.coefficients[j] * mean_[j];
    }
    return at;
  }

  // Steps by a Hessian of nearby, which needs gradients alone, while each is a tenth of the one before; then all sums anew.
  void chord(const Eigen::LLT<Matrix>& factor, Vector& at, Sums& sums, LogisticLine& line) const {
    double before = std::numeric_limits<double>::infinity();
    while (line.iterations < o_.max_iter) {
      const Vector slope = sums.gradient + penalty_.cwiseProduct(at), step = factor.solve(-slope);
      const double size = -slope.dot(step);
      if (!(size < 0.1 * before) || size <= kClose) break;
      before = size;
      at += step;
      ++line.iterations;
      sums = pass(at, Mode::Slope);
    }
    if (sums.hessian.size() == 0) sums = pass(at, Mode::Whole);
  }

  static LogisticLine& ended(LogisticLine& line, LogisticEnd end) {
    line.end = end;
    return line;
  }

  // Value, gradient and Hessian at `at`; or the margins alone of a direction.
  enum class Mode : char { Whole, Slope, Margins };
  Sums pass(const Vector& at, Mode mode) const {
    const bool whole = mode == Mode::Whole;
    const index_t blocks = (x_.rows + kRows - 1) / kRows;
    // Several parts a thread, so that Ctrl-C is seen between them, as long as their sums take little memory.
    const index_t most = x_.rows * d_ < kShare ? 1 : std::clamp<index_t>(kSums / (side_ * side_), num_threads(), 64);
    const index_t parts = std::clamp<index_t>(most, 1, (blocks + 7) / 8);
    std::vector<Sums> sums(parts);
    parallel_tasks(parts, [&](index_t part) {
      Sums& own = sums[part];
      if (mode != Mode::Margins) own.gradient = Vector::Zero(side_);
      if (whole) own.hessian = Matrix::Zero(side_, side_);
      Matrix rows(side_, kRows), heavy(side_, kRows);
      Vector z(kRows), apart(kRows), root(kRows);
      for (index_t block = blocks * part / parts; block < blocks * (part + 1) / parts; ++block) {
        const index_t first = block * kRows, count = std::min(kRows, x_.rows - first);
        read(first, count, rows);
        const auto some = rows.leftCols(count);
        z.head(count).noalias() = some.transpose() * at;
        for (index_t i = 0; i < count; ++i) {
          const double margin = y_[first + i] > 0.5 ? z[i] : -z[i];
          own.least = std::min(own.least, margin);
          own.most = std::max(own.most, margin);
        }
        if (mode == Mode::Margins) continue;
        own.value += weigh(y_ + first, count, z.data(), apart.data(), root.data());
        own.gradient.noalias() += some * apart.head(count);
        if (!whole) continue;
        heavy.leftCols(count).noalias() = some * root.head(count).asDiagonal();
        own.hessian.template selfadjointView<Eigen::Lower>().rankUpdate(heavy.leftCols(count));
      }
    });
    for (index_t part = 1; part < parts; ++part) {
      sums[0].value += sums[part].value;
      sums[0].least = std::min(sums[0].least, sums[part].least);
      sums[0].most = std::max(sums[0].most, sums[part].most);
      if (mode != Mode::Margins) sums[0].gradient += sums[part].gradient;
      if (whole) sums[0].hessian += sums[part].hessian;
    }
    return std::move(sums[0]);
  }

  void read(index_t first, index_t count, Matrix& rows) const {
    if (x_.col_stride <= x_.row_stride) {
      for (index_t i = 0; i < count; ++i) {
        const T* const from = &x_(first + i, 0);
        double* const to = rows.col(i).data();
        for (index_t j = 0; j < d_; ++j) to[j] = (static_cast<double>(from[j * x_.col_stride]) - mean_[j]) / scale_[j];
      }
    } else {
      for (index_t j = 0; j < d_; ++j) {
        const T* const from = &x_(first, j);
        for (index_t i = 0; i < count; ++i) {
          rows(j, i) = (static_cast<double>(from[i * x_.row_stride]) - mean_[j]) / scale_[j];
        }
      }
    }
    if (o_.constant) rows.row(d_).setOnes();
  }

  // With e = exp(-|z|): p - y, sqrt(p (1 - p)) = sqrt(e) / (1 + e), and log(1 + exp(-s z)) = max(-s z, 0) + log1p(e).
  static double weigh(const double* y, index_t count, double* z, double* apart, double* root) {
    alignas(64) double soft[kRows];
    for (index_t i = count; i % S::width != 0; ++i) z[i] = 0;
    for (index_t i = 0; i < count; i += S::width) {
      const S::Vec at = S::load(z + i), e = elementary::exp(-S::abs(at)), share = 1 / (1 + e);
      S::store(apart + i, at >= 0 ? share : e * share);
      S::store(root + i, S::sqrt(e) * share);
      S::store(soft + i, elementary::log1p(e));
    }
    double value = 0;
    for (index_t i = 0; i < count; ++i) {
      value += soft[i] + std::max(y[i] > 0.5 ? -z[i] : z[i], 0.0);
      apart[i] -= y[i];
    }
    return value;
  }

  void tell(LogisticLine& line, const Vector& at, const Eigen::LLT<Matrix>& factor, const Sums& sums) const {
    line.log_likelihood = -sums.value;
    // Column by column: for several sides at once Eigen takes memory at AVX-512 without asking whether there is any.
    Matrix inverse(side_, side_);
    for (index_t j = 0; j < side_; ++j) inverse.col(j) = factor.solve(Vector::Unit(side_, j));
    if (o_.ridge > 0) inverse -= (inverse * penalty_.asDiagonal() * inverse).eval();
    line.constant = o_.constant ? at[d_] : 0;
    const auto covariance = columns_map(f_order(line.covariance.data(), side_, side_, side_));
    auto& result = line.covariance;
    for (index_t j = 0; j < d_; ++j) {
      line.coefficients[j] = at[j] / scale_[j];
      line.constant -= o_.constant ? mean_[j] * line.coefficients[j] : 0;
      for (index_t i = 0; i < d_; ++i) result[j * side_ + i] = inverse(i, j) / scale_[i] / scale_[j];
    }
    if (!o_.constant) return;
    double corner = inverse(d_, d_);
    for (index_t j = 0; j < d_; ++j) {
      double with_mean = inverse(d_, j) / scale_[j];
      corner -= 2 * mean_[j] * with_mean;
      double sum = 0;
      for (index_t i = 0; i < d_; ++i) sum += mean_[i] * covariance(i, j);
      corner += mean_[j] * sum;
      result[j * side_ + d_] = result[d_ * side_ + j] = with_mean - sum;
    }
    result[d_ * side_ + d_] = corner;
  }

  const MatrixView<const T> x_;
  const double* const y_;
  const LogisticOptions o_;
  const index_t d_, side_;
  Vector mean_, scale_, penalty_;
  bool long_ = false;
};

}  // namespace

template <class T>
LogisticLine logistic_fit(MatrixView<const T> x, const double* y, const LogisticOptions& options) {
  return Logistic<T>(x, y, options).run();
}

template LogisticLine logistic_fit(MatrixView<const float>, const double*, const LogisticOptions&);
template LogisticLine logistic_fit(MatrixView<const double>, const double*, const LogisticOptions&);

}  // namespace mmlcore::optimize
