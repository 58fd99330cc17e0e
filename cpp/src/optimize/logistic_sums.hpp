// The sums of a logistic regression over all rows: what each step of logistic.cpp asks for.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "definite_factor.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/elementary.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/read_ahead.hpp"
#include "mmlcore/matrices/matrix_vector.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/stats/column_moments.hpp"
#include "mmlcore/stats/covariance.hpp"

namespace mmlcore::optimize {

struct LogisticSums {
  using Vector = std::vector<double>;
  enum class Mode : char { Whole, Rough, Slope, Margins };  // Rough: a Hessian in float32; Slope: none

  double value = 0;                                        // minus the log-likelihood
  double least = std::numeric_limits<double>::infinity();  // margin
  double most = -std::numeric_limits<double>::infinity();
  Vector gradient, hessian;  // (side,); (side, side), its lower triangle
  Vector weights;            // of the rows, what a Hessian is made of
};

template <class T>
class LogisticData {
 public:
  using Vector = LogisticSums::Vector;
  using Mode = LogisticSums::Mode;

  const MatrixView<const T> x;
  const double* const y;
  const bool constant;
  const index_t d, side;
  Vector mean, scale, inverse;  // of the columns; 1 / scale

  LogisticData(MatrixView<const T> x, const double* y, bool constant)
      : x(x), y(y), constant(constant), d(x.cols), side(x.cols + constant), mean(d), scale(d), inverse(d) {}

  // Means and deviations of the columns; false where they are not finite.
  bool measure() {
    Vector low(d), square(d);
    column_moments<T>(x, nullptr, mean.data(), low.data(), square.data());
    const double n = static_cast<double>(x.rows);
    for (index_t j = 0; j < d; ++j) {
      if (!std::isfinite(mean[j]) || !std::isfinite(square[j])) return false;
      if (!constant) square[j] += n * mean[j] * mean[j], mean[j] = 0;
      scale[j] = square[j] > 0 ? std::sqrt(square[j] / n) : 1;
      inverse[j] = 1 / scale[j];
    }
    look();
    return true;
  }

  // Units of others, of some of the rows: any that are near serve, since results are brought back from them.
  void measured_as(const Vector& means, const Vector& scales) {
    mean = means;
    scale = scales;
    for (index_t j = 0; j < d; ++j) inverse[j] = 1 / scale[j];
    look();
  }

  // Value, gradient and Hessian at `at`; or the margins alone of a direction.
  LogisticSums pass(const Vector& at, Mode mode) const {
    const index_t blocks = (x.rows + kRows - 1) / kRows;
    const index_t parts = x.rows * d < kShare ? 1 : std::clamp<index_t>((blocks + 7) / 8, 1, kParts);
    std::vector<LogisticSums> sums(parts);
    Vector weights(mode == Mode::Margins ? 0 : x.rows);
    // Rows of numbers near zero are read where they are, and means and deviations taken out of what was summed; others are
    // copied, less the means.
    Vector weight_of(side);
    double shift = 0;
    for (index_t j = 0; j < side; ++j) {
      weight_of[j] = plain_ && j < d ? at[j] * inverse[j] : at[j];
      if (plain_) shift += j < d ? -mean[j] * weight_of[j] : at[d];
    }
    const index_t columns = plain_ ? d : side;
    parallel_tasks(parts, [&](index_t part) {
      LogisticSums& own = sums[part];
      own.gradient.assign(side, 0.0);
      Buffer<double> numbers((plain_ ? 0 : kRows * side) + 3 * kRows + side);
      double *const z = numbers.data(), *const apart = z + kRows, *const weight = apart + kRows,
                    *const slope = weight + kRows, *const copied = slope + side;
      for (index_t block = blocks * part / parts; block < blocks * (part + 1) / parts; ++block) {
        const index_t first = block * kRows, count = std::min(kRows, x.rows - first);
        MatrixView<const double> some = c_order<const double>(copied, count, side);
        if constexpr (sizeof(T) == 8) {
          if (plain_) {
            some = x.block(first, 0, count, d);
            if (x.row_stride == d) read_ahead(some.data, count * d * index_t{sizeof(T)});
          }
        }
        if (!plain_) read(first, c_order(copied, count, side));
        matrix_vector<double>(some, {weight_of.data(), columns, 1}, {z, count, 1});
        for (index_t i = 0; i < count; ++i) {
          z[i] += shift;
          const double margin = y[first + i] > 0.5 ? z[i] : -z[i];
          own.least = std::min(own.least, margin);
          own.most = std::max(own.most, margin);
        }
        if (mode == Mode::Margins) continue;
        own.value += weigh(y + first, count, z, apart, weight);
        matrix_vector<double>(some.transposed(), {apart, count, 1}, {slope, columns, 1});
        if (plain_) {
          double sum = 0;
          for (index_t i = 0; i < count; ++i) sum += apart[i];
          for (index_t j = 0; j < d; ++j) slope[j] = (slope[j] - mean[j] * sum) * inverse[j];
          if (constant) slope[d] = sum;
        }
        for (index_t j = 0; j < side; ++j) own.gradient[j] += slope[j];
        std::copy_n(weight, count, weights.data() + first);
      }
    });
    for (index_t part = 1; part < parts; ++part) {
      sums[0].value += sums[part].value;
      sums[0].least = std::min(sums[0].least, sums[part].least);
      sums[0].most = std::max(sums[0].most, sums[part].most);
      for (index_t j = 0; j < side; ++j) sums[0].gradient[j] += sums[part].gradient[j];
    }
    sums[0].weights = std::move(weights);
    if (mode == Mode::Whole || mode == Mode::Rough) add_hessian(sums[0], mode == Mode::Rough);
    return std::move(sums[0]);
  }

  // From the weighted scatter of the rows: around their own mean m, with W the sum of the weights, it is that around the
  // origin of our units and W m m'. Of float32, whose products would keep too few digits, slices are made float64 first;
  // `rough`: all of it in float32, 1e-6 of it, for steps: 60,000 x 200 52 ms, in float64 78 (AVX2).
  void add_hessian(LogisticSums& sums, bool rough = false) const {
    sums.hessian.assign(side * side, 0.0);
    const bool narrow = d <= kNarrowScatter;
    if (rough && !narrow) {
      add_slices<float>(sums, [&](index_t i, index_t j) { return (static_cast<double>(x(i, j)) - mean[j]) * inverse[j]; });
    } else if (sizeof(T) == 4 && !narrow) {
      add_slices<double>(sums, [&](index_t i, index_t j) { return (static_cast<double>(x(i, j)) - mean[j]) * inverse[j]; });
    } else {
      add_scatter<T>(sums, x, 0, mean.data(), inverse.data());
    }
  }

  // The inverse of the factored Hessian in the units of the data.
  void covariance(const DefiniteFactor& factor, const Vector& penalty, Vector& result) const {
    Vector numbers(side * side);
    const MatrixView<double> inverse = c_order(numbers.data(), side, side);
    for (index_t j = 0; j < side; ++j) {
      inverse(j, j) = 1;
      factor.solve(&inverse(j, 0));
    }
    if (std::any_of(penalty.begin(), penalty.end(), [](double p) { return p > 0; })) {
      const Vector whole = numbers;
      Vector part = numbers;
      for (index_t i = 0; i < side * side; ++i) part[i] *= penalty[i % side];
      product<double>(c_order<const double>(part.data(), side, side), c_order<const double>(whole.data(), side, side),
                      inverse, -1, 1);
    }
    for (index_t j = 0; j < d; ++j) {
      for (index_t i = 0; i < d; ++i) result[j * side + i] = inverse(i, j) / scale[i] / scale[j];
    }
    if (!constant) return;
    double corner = inverse(d, d);
    for (index_t j = 0; j < d; ++j) {
      double with_mean = inverse(d, j) / scale[j];
      corner -= 2 * mean[j] * with_mean;
      double sum = 0;
      for (index_t i = 0; i < d; ++i) sum += mean[i] * result[j * side + i];
      corner += mean[j] * sum;
      result[j * side + d] = result[d * side + j] = with_mean - sum;
    }
    result[d * side + d] = corner;
  }

 private:
  using S = Simd<double>;
  static constexpr double kMostOffset = 1e3;  // means, in deviations, that cost few digits
  static constexpr index_t kRows = 256;       // of a block
  static constexpr index_t kShare = 1 << 15;  // numbers that a thread is woken for
  static constexpr index_t kParts = 64;       // that the rows are shared out in, at most
  static constexpr index_t kSlice = 1 << 21;  // numbers that are converted at once

  // Slices of numbers(i, j), in our units.
  template <class U, class F>
  void add_slices(LogisticSums& sums, F&& numbers) const {
    const index_t slice = std::max<index_t>(kRows, kSlice / d);
    const Vector none(d, 0.0), one(d, 1.0);
    Buffer<U> copied(std::min(slice, x.rows) * d);
    for (index_t first = 0; first < x.rows; first += slice) {
      const index_t count = std::min(slice, x.rows - first);
      const MatrixView<U> part = c_order(copied.data(), count, d);
      const auto copy = [&](index_t i, index_t j) { part(i, j) = static_cast<U>(numbers(first + i, j)); };
      if (x.col_stride <= x.row_stride) {
        for (index_t i = 0; i < count; ++i) {
          for (index_t j = 0; j < d; ++j) copy(i, j);
        }
      } else {
        for (index_t j = 0; j < d; ++j) {
          for (index_t i = 0; i < count; ++i) copy(i, j);
        }
      }
      add_scatter<U>(sums, MatrixView<const U>(part), first, none.data(), one.data());
    }
  }

  // Rows from `first` on, of which `from` and 1 / unit are taken out.
  template <class U>
  void add_scatter(LogisticSums& sums, MatrixView<const U> rows, index_t first, const double* from,
                   const double* unit) const {
    Vector around(d), low(d), square(d * d), offset(d);
    Moments moments{around.data(), low.data(), square.data(), 0};
    scatter<U>(rows, {nullptr, rows.rows, 1}, Weights{sums.weights.data() + first, Weights::Kind::weight}, moments);
    if (!(moments.weight > 0)) return;  // all classes as certain as numbers can say
    for (index_t i = 0; i < d; ++i) offset[i] = ((around[i] - from[i]) + low[i]) * unit[i];
    for (index_t i = 0; i < d; ++i) {
      double* const row = sums.hessian.data() + i * side;
      for (index_t j = 0; j <= i; ++j)
        row[j] += square[i * d + j] * unit[i] * unit[j] + moments.weight * offset[i] * offset[j];
    }
    if (!constant) return;
    double* const row = sums.hessian.data() + d * side;
    for (index_t j = 0; j < d; ++j) row[j] += moments.weight * offset[j];
    row[d] += moments.weight;
  }

  void look() {
    plain_ = sizeof(T) == 8 && x.col_stride == 1;
    for (index_t j = 0; j < d; ++j) plain_ = plain_ && std::abs(mean[j]) <= kMostOffset * scale[j];
  }

  void read(index_t first, const MatrixView<double>& rows) const {
    const auto number = [&](index_t i, index_t j) {
      rows(i, j) = (static_cast<double>(x(first + i, j)) - mean[j]) * inverse[j];
    };
    if (x.col_stride <= x.row_stride) {
      for (index_t i = 0; i < rows.rows; ++i) {
        for (index_t j = 0; j < d; ++j) number(i, j);
      }
    } else {
      for (index_t j = 0; j < d; ++j) {
        for (index_t i = 0; i < rows.rows; ++i) number(i, j);
      }
    }
    for (index_t i = 0; constant && i < rows.rows; ++i) rows(i, d) = 1;
  }

  // With e = exp(-|z|): p - y, p (1 - p) = e / (1 + e)^2, and log(1 + exp(-s z)) = max(-s z, 0) + log1p(e).
  static double weigh(const double* y, index_t count, double* z, double* apart, double* weight) {
    alignas(64) double soft[kRows];
    for (index_t i = count; i % S::width != 0; ++i) z[i] = 0;
    for (index_t i = 0; i < count; i += S::width) {
      const S::Vec at = S::load(z + i), e = elementary::exp(-S::abs(at)), share = 1 / (1 + e);
      S::store(apart + i, at >= 0 ? share : e * share);
      S::store(weight + i, e * share * share);
      S::store(soft + i, elementary::log1p(e));
    }
    double value = 0;
    for (index_t i = 0; i < count; ++i) {
      value += soft[i] + std::max(y[i] > 0.5 ? -z[i] : z[i], 0.0);
      apart[i] -= y[i];
    }
    return value;
  }

  bool plain_ = false;
};

}  // namespace mmlcore::optimize
