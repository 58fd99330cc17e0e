#include "mmlcore/optimize/linear_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/lane_algebra.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/elimination/cholesky.hpp"
#include "mmlcore/elimination/substitution.hpp"
#include "mmlcore/matrices/gram.hpp"
#include "mmlcore/optimize/r_factor.hpp"
#include "mmlcore/stats/covariance.hpp"

namespace mmlcore::optimize {
namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr double kShort = 1e-140, kLong = 1e140;  // lengths of columns whose squares and products are within the range
constexpr double kLightest = 0x1p-40;             // mean weight below which, or above whose inverse, another unit is needed
constexpr double kLeast = 0x1p-960, kLeastOfSingle = 0x1p-96;  // mean squares that have lost no digits
constexpr index_t kNarrow = 24;                                // columns up to which float32 data are multiplied in double
constexpr double kClose = 1e-4;  // smallest eigenvalue that the normal equations are solved for
constexpr double kTight = 1e-6;  // share of the variance, below which its digits have to be mended
constexpr index_t kRows = 256;   // of a block of residuals
constexpr index_t kRanges = 64;  // of blocks, whose sums are added in order

// What both ways know of the columns.
struct Columns {
  explicit Columns(index_t d) : scale(d + 1), mean(d + 1), low(d + 1) {}
  std::vector<double> scale, mean, low;  // lengths of what is left of the columns (X, y) without their means
  double total = 0;                      // sum of the weights
};

constexpr double kFar = 1e6;  // times the variance of the line at the mean, from which on that of the constant hides it

// What follows from the solution b and the inverse (d, d) for columns of length one, of which `left` of y is not explained;
// the inverse becomes the covariance, in place or in a larger matrix.
bool finish(const Columns& c, const double* b, const double* inverse, double left, index_t points, bool constant,
            Line& line) {
  const index_t d = static_cast<index_t>(c.scale.size()) - 1, side = d + constant;
  const double square = c.scale[d] * c.scale[d];
  line.chi2 = left * square;
  line.r2 = 1 - line.chi2 / square;
  line.dof = static_cast<double>(points - side);
  const double unit = line.chi2 / line.dof;
  double around = 1 / c.total;
  line.constant = constant ? c.mean[d] : 0;
  bool finite = std::isfinite(line.chi2);
  for (index_t i = 0; i < d; ++i) {
    line.coefficients[i] = b[i] * (c.scale[d] / c.scale[i]);
    if (constant) line.constant -= c.mean[i] * line.coefficients[i];
    finite = finite && std::isfinite(line.coefficients[i]);
    double with_mean = 0;
    for (index_t j = 0; j < d; ++j) {
      const double entry = inverse[i * d + j] / c.scale[i] / c.scale[j];
      with_mean += entry * c.mean[j];
      line.covariance[i * side + j] = entry * unit;
      finite = finite && std::isfinite(entry * unit);
    }
    if (!constant) continue;
    line.covariance[i * side + d] = line.covariance[d * side + i] = -with_mean * unit;
    around += c.mean[i] * with_mean;
  }
  if (constant) line.covariance[d * side + d] = around * unit;
  line.level = unit / c.total;
  if (constant && around * c.total > kFar) line.mean.assign(c.mean.begin(), c.mean.begin() + d);
  return finite && std::isfinite(line.constant) && std::isfinite(around * unit);
}

// By the triangle of the columns.
template <class T>
Outcome by_triangle(MatrixView<const T> x, VectorView<const T> y, const double* sigma, bool constant, Line& line) {
  const index_t n = x.rows, d = x.cols;
  Columns c(d);
  Buffer<double> memory((d + 2) * n);
  double* const roots = memory.data() + (d + 1) * n;
  std::vector<double*> columns(d + 1);
  for (index_t j = 0; j <= d; ++j) columns[j] = memory.data() + j * n;
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < d; ++j) columns[j][i] = static_cast<double>(x(i, j));
    columns[d][i] = static_cast<double>(y[i]);
  }
  c.total = static_cast<double>(n);
  if (sigma) {
    c.total = 0;
    bool positive = true;
    for (index_t i = 0; i < n; ++i) {
      roots[i] = 1 / sigma[i];
      positive = positive && roots[i] > 0;
      c.total += roots[i] * roots[i];
    }
    if (!(positive && c.total > kLightest * static_cast<double>(n) && c.total < static_cast<double>(n) / kLightest))
      return Outcome::Care;
  }
  const auto weighed = [&](const double* column) {
    double sum = 0;
    if (sigma) {
      for (index_t i = 0; i < n; ++i) sum += roots[i] * roots[i] * column[i];
    } else {
      for (index_t i = 0; i < n; ++i) sum += column[i];
    }
    return sum / c.total;
  };
  for (index_t j = 0; j <= d; ++j) {
    double* const column = columns[j];
    if (constant) {
      c.mean[j] = weighed(column);
      for (index_t i = 0; i < n; ++i) column[i] -= c.mean[j];
      c.low[j] = weighed(column);  // what rounding took from the mean
      for (index_t i = 0; i < n; ++i) column[i] -= c.low[j];
    }
    for (index_t i = 0; sigma && i < n; ++i) column[i] *= roots[i];
    c.scale[j] = std::sqrt(dot(column, column, n));
    if (!(c.scale[j] > kShort && c.scale[j] < kLong)) return Outcome::Care;
    // What is left of a column of one number are rounding errors: what is to be explained then, others tell.
    if (constant && c.scale[j] <= 4 * kEps * std::abs(c.mean[j]) * std::sqrt(c.total)) return Outcome::Care;
    const double inverse = 1 / c.scale[j];
    for (index_t i = 0; i < n; ++i) column[i] *= inverse;
  }
  RFactor r(d);
  r.absorb(columns.data(), n);
  std::vector<double> inverse, b(d);
  if (!r.inverse(inverse, 0)) return Outcome::Care;
  double trace = 0;
  for (index_t i = 0; i < d; ++i) trace += inverse[i * d + i];
  // The largest singular value is sqrt(d) at most, the smallest 1 / sqrt(trace) at least.
  if (!(std::sqrt(static_cast<double>(d) * trace) * static_cast<double>(n) * kEps < 1)) return Outcome::Care;
  for (index_t i = 0; i < d; ++i) b[i] = r.q(i);
  const auto entry = [&](index_t i, index_t j) { return r(i, j); };
  const auto divide = [&](index_t i, double sum) { return sum / r(i, i); };
  substitute_backward(d, entry, divide, VectorView<double>{b.data(), d, 1});
  return finish(c, b.data(), inverse.data(), r.corner() * r.corner(), n, constant, line) ? Outcome::Fitted : Outcome::Care;
}

// Sums over the residuals r of y against x b: of squares, of themselves, and of products with the columns, all weighted; the
// columns and y without their means where there is a constant.
template <class T>
void sum_residuals(MatrixView<const T> x, VectorView<const T> y, const double* sigma, bool constant, const Columns& c,
                   const double* b, std::vector<double>& sums) {
  const index_t n = x.rows, d = x.cols, ranges = std::clamp<index_t>(n / kRows, 1, kRanges);
  Buffer<double> partial(ranges * (d + 2));
  parallel_tasks(ranges, [&](index_t range) {
    double* const sum = partial.data() + range * (d + 2);
    std::fill(sum, sum + d + 2, 0.0);
    Buffer<T> held(d * kRows);
    Buffer<double> work((d + 2) * kRows);
    double *const r = work.data() + d * kRows, *const weight = r + kRows;
    const index_t end = n * (range + 1) / ranges;
    for (index_t first = n * range / ranges; first < end; first += kRows) {
      const index_t rows = std::min(kRows, end - first);
      copy<T>(x.block(first, 0, rows, d), f_order(held.data(), rows, d, kRows));
      for (index_t i = 0; i < rows; ++i) {
        r[i] = static_cast<double>(y[first + i]);
        weight[i] = sigma ? 1 / (sigma[first + i] * sigma[first + i]) : 1;
      }
      if (constant) {
        for (index_t i = 0; i < rows; ++i) r[i] = (r[i] - c.mean[d]) - c.low[d];
      }
      for (index_t j = 0; j < d; ++j) {
        const T* const from = held.data() + j * kRows;
        double* const to = work.data() + j * kRows;
        const double mean = constant ? c.mean[j] : 0, low = constant ? c.low[j] : 0;
        for (index_t i = 0; i < rows; ++i) to[i] = (static_cast<double>(from[i]) - mean) - low;
        axpy(-b[j], to, r, rows);
      }
      double squares = 0, plain = 0;
      for (index_t i = 0; i < rows; ++i) {
        const double weighed = weight[i] * r[i];
        squares += weighed * r[i];
        plain += weighed;
        r[i] = weighed;
      }
      sum[d] += squares;
      sum[d + 1] += plain;
      for (index_t j = 0; j < d; ++j) sum[j] += dot(work.data() + j * kRows, r, rows);
    }
  });
  sums.assign(d + 2, 0.0);
  for (index_t range = 0; range < ranges; ++range) {
    for (index_t j = 0; j < d + 2; ++j) sums[j] += partial[range * (d + 2) + j];
  }
}

// By the matrix of scatter.
template <class T>
Outcome by_scatter(MatrixView<const T> x, VectorView<const T> y, const double* sigma, bool constant, Line& line) {
  const index_t n = x.rows, d = x.cols, side = d + 1;
  Columns c(d);
  Buffer<double> products(side * side);
  Moments moments{c.mean.data(), c.low.data(), products.data(), 0};
  scatter<T>(x, y, {sigma, Weights::Kind::deviation}, moments);
  c.total = moments.weight;
  const double count = static_cast<double>(n), least = sizeof(T) == 4 && side > kNarrow ? kLeastOfSingle : kLeast;
  if (!(c.total > kLightest * count && c.total < count / kLightest)) return Outcome::Care;
  for (index_t j = 0; j < side; ++j) {
    const double square = products[j * side + j];
    if (!(square >= least * c.total && square < 1 / kLeast)) return Outcome::Care;
  }
  for (index_t i = 0; !constant && i < side; ++i) {
    for (index_t j = 0; j < side; ++j) products[i * side + j] += c.total * c.mean[i] * c.mean[j];
  }
  for (index_t j = 0; j < side; ++j) {
    c.scale[j] = std::sqrt(products[j * side + j]);
    if (!(c.scale[j] > kShort && c.scale[j] < kLong)) return Outcome::Care;
  }
  Buffer<double> lower(d * d), inverse(d * d), around(d * d);
  const MatrixView<double> l = f_order(lower.data(), d, d, d), m = f_order(inverse.data(), d, d, d);
  for (index_t j = 0; j < d; ++j) {
    for (index_t i = j; i < d; ++i) l(i, j) = products[j * side + i] / c.scale[i] / c.scale[j];
  }
  if (!cholesky(l)) return Outcome::Steep;
  invert_lower(l, m);
  const double size = dot(inverse.data(), inverse.data(), d * d);
  if (!(size * kClose < 1)) return Outcome::Steep;
  // b = M'(M s), and the square of M s.
  std::vector<double> half(d), b(d);
  const auto solved = [&](const double* side_of, double* result) {
    std::fill(half.begin(), half.end(), 0.0);
    for (index_t j = 0; j < d; ++j) axpy(side_of[j], &m(j, j), half.data() + j, d - j);
    for (index_t j = 0; j < d; ++j) result[j] = dot(&m(j, j), half.data() + j, d - j);
    return dot(half.data(), half.data(), d);
  };
  std::vector<double> towards(d);
  for (index_t j = 0; j < d; ++j) towards[j] = products[j * side + d] / c.scale[j] / c.scale[d];
  double left = 1 - solved(towards.data(), b.data());
  if (!(left > kTight)) {
    std::vector<double> raw(d), sums, step(d);
    for (index_t j = 0; j < d; ++j) raw[j] = b[j] * (c.scale[d] / c.scale[j]);
    sum_residuals(x, y, sigma, constant, c, raw.data(), sums);
    for (index_t j = 0; j < d; ++j) sums[j] = sums[j] / c.scale[j] / c.scale[d];
    left = sums[d] / c.scale[d] / c.scale[d] - solved(sums.data(), step.data());
    if (constant) left -= sums[d + 1] / c.total * sums[d + 1] / c.scale[d] / c.scale[d];
    left = std::max(left, 0 * left);
    for (index_t j = 0; j < d; ++j) b[j] += step[j];
  }
  const MatrixView<const double> factor = m;
  const MatrixView<double> wanted = c_order(around.data(), d, d);
  if (d <= kSmallProduct) {
    const MatrixView<double> by_rows = c_order(lower.data(), d, d);  // as the product wants it
    copy<double>(factor, by_rows);
    const MatrixView<const double> rows = by_rows;
    product_small<double>(rows.transposed(), rows, wanted, ProductPart::upper_result);
    for (index_t i = 0; i < d; ++i) {
      for (index_t j = 0; j < i; ++j) wanted(i, j) = wanted(j, i);
    }
  } else {
    product<double>(factor.transposed(), factor, wanted);
  }
  return finish(c, b.data(), around.data(), left, n, constant, line) ? Outcome::Fitted : Outcome::Care;
}

}  // namespace

template <class T>
Outcome linear_fit(MatrixView<const T> x, VectorView<const T> y, const double* sigma, bool constant, Line& line) {
  if (x.cols == 0 || x.rows <= x.cols + constant) return Outcome::Care;
  return x.rows * (x.cols + 1) > kSmallFit ? by_scatter(x, y, sigma, constant, line)
                                           : by_triangle(x, y, sigma, constant, line);
}

template Outcome linear_fit(MatrixView<const float>, VectorView<const float>, const double*, bool, Line&);
template Outcome linear_fit(MatrixView<const double>, VectorView<const double>, const double*, bool, Line&);

}  // namespace mmlcore::optimize
