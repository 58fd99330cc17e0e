#include "mmlcore/calculus/finite_difference.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace mmlcore::calculus {
namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr int kColumns = 14;                     // of Ridders' tableau
constexpr int kFirst = 3;                        // from which on its error estimate is believed
constexpr double kRatio = 1.4;                   // of its steps
constexpr int kTrials = 16;                      // steps that are tried
constexpr double kShrink = 16, kShrinkFar = 10;  // from one to the next
constexpr int kGrown = 3;                        // longer steps that are tried
constexpr double kGood = 1e-5;                   // of the derivative: an error that needs no other step

// The largest size; NaN where there is one.
double largest(const double* x, std::size_t n) {
  double top = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (std::isnan(x[i])) return kNan;
    top = std::max(top, std::abs(x[i]));
  }
  return top;
}
double largest(const std::vector<double>& x) { return largest(x.data(), x.size()); }

class Along {
 public:
  Along(const DifferenceOf& f, double x, Difference method) : f_(f), x_(x), method_(method) {}

  bool attempt(double h, Derivative& found) {
    return method_ == Difference::richardson ? ridders(h, found) : plain(h, found);
  }

 private:
  // Of two steps; they disagree by most of the error of the longer one, and values are rounded.
  bool plain(double h, Derivative& found) {
    if (x_ + h / 2 == x_ || x_ - h / 2 == x_) return nothing(found);
    const bool central = method_ == Difference::central;
    const double places[4] = {x_ + h, central ? x_ - h : x_ + h / 2, central ? x_ + h / 2 : x_, x_ - h / 2};
    std::vector<double> values;
    if (!f_.values(places, central ? 4 : 3, values)) return false;
    const std::size_t m = m_ = values.size() / (central ? 4 : 3);
    const double top = largest(values);
    if (!(top < kInfinity)) return false;
    const double *above = values.data(), *below = above + (central ? m : 2 * m);
    const double *near_above = above + (central ? 2 * m : m), *near_below = central ? above + 3 * m : below;
    // By what was really moved: x + h is rounded.
    const double moved = places[0] - (central ? places[1] : x_), near = (central ? places[2] - places[3] : places[1] - x_);
    const double share = central ? 4.0 / 3 : 2;
    found.value.resize(m), found.error.resize(m);
    for (std::size_t j = 0; j < m; ++j) {
      found.value[j] = (above[j] - below[j]) / moved;
      const double other = (near_above[j] - near_below[j]) / near;
      found.error[j] = share * std::abs(found.value[j] - other) + 2 * f_.unit * top / h;
    }
    return true;
  }

  // Neville's extrapolation in h^2, stopped where its error estimate grows or is rounding alone.
  bool ridders(double h, Derivative& found) {
    std::vector<double> values, places;
    int columns = 0;
    for (double step = h; columns < kColumns && x_ + step != x_ - step; ++columns, step /= kRatio)
      places.insert(places.end(), {x_ + step, x_ - step});
    if (columns == 0) return nothing(found);
    if (f_.together && !f_.values(places.data(), 2 * columns, values)) return false;
    std::vector<double> previous, row, best;
    double error = kInfinity, top = 0;
    for (int column = 0; column < columns; ++column) {
      const double* pair = places.data() + std::ptrdiff_t{2} * column;
      if (!f_.together && !f_.values(pair, 2, values)) return false;
      const std::size_t m = m_ = values.size() / static_cast<std::size_t>(f_.together ? 2 * columns : 2);
      const double* above = values.data() + (f_.together ? 2 * m * static_cast<std::size_t>(column) : 0);
      top = std::max(top, largest(above, 2 * m));
      if (!(top < kInfinity) || std::isnan(largest(above, 2 * m))) return false;
      row.resize(m * static_cast<std::size_t>(column + 1));
      for (std::size_t j = 0; j < m; ++j) row[j] = (above[j] - above[m + j]) / (pair[0] - pair[1]);
      double factor = kRatio * kRatio;
      for (int k = 0; k < column; ++k, factor *= kRatio * kRatio) {
        const double *last = row.data() + m * static_cast<std::size_t>(k), *old = previous.data() + (last - row.data());
        double* next = row.data() + m * static_cast<std::size_t>(k + 1);
        double change = 0;
        for (std::size_t j = 0; j < m; ++j) {
          next[j] = (last[j] * factor - old[j]) / (factor - 1);
          change = std::max({change, std::abs(next[j] - last[j]), std::abs(next[j] - old[j])});
        }
        if (column >= kFirst && change <= error) error = change, best.assign(next, next + m);
      }
      if (column > kFirst) {
        double apart = 0;
        const double *last = row.data() + m * static_cast<std::size_t>(column),
                     *old = previous.data() + (last - m - row.data());
        for (std::size_t j = 0; j < m; ++j) apart = std::max(apart, std::abs(last[j] - old[j]));
        if (apart >= 2 * error) break;
      }
      if (column >= kFirst && error <= f_.unit * top / h) break;
      previous.swap(row);
      h /= kRatio;
    }
    if (best.empty()) return nothing(found);
    found.error.assign(best.size(), error + 2 * f_.unit * top / h);
    found.value = std::move(best);
    return true;
  }

  // Of a step that is lost in x.
  bool nothing(Derivative& found) const {
    found.value.assign(m_, kNan), found.error.assign(m_, kInfinity);
    return true;
  }

  const DifferenceOf& f_;
  const double x_;
  const Difference method_;
  std::size_t m_ = 1;  // numbers of a value, as far as they are known
};

// Whether the error needs no other step, of values rounded by `unit`.
bool settled(const Derivative& found, double unit) {
  const double value = largest(found.value), good = std::max(kGood, 10 * std::cbrt(unit * unit));
  return value == 0 || largest(found.error) <= good * value;
}

}  // namespace

bool difference(const DifferenceOf& f, double x, Difference method, double step, Derivative& found) {
  Along along(f, x, method);
  const double size = std::max(std::abs(x), 1.0);
  if (!std::isnan(step)) return along.attempt(step * size, found);
  const bool far = method == Difference::richardson;
  const double shrink = far ? kShrinkFar : kShrink;
  double h = 0, unit = 0;
  Derivative first;
  bool undefined = false;
  while (unit != f.unit) {  // which the first values may tell
    unit = f.unit;
    const double third = std::cbrt(unit);
    h = size * (far ? 0.1 : method == Difference::central ? third : std::sqrt(unit));
    undefined = false;
    for (int trial = 0; !along.attempt(h, first); ++trial, h /= shrink) {  // beyond the end of where f is defined
      if (trial == kTrials - 1) return false;
      undefined = true;
    }
  }
  if (undefined && std::isinf(largest(first.error))) return false;  // x itself lies beyond it
  found = first;
  const double begin = h;
  for (int trial = 0; trial < kTrials && !settled(found, f.unit); ++trial) {
    h /= shrink;
    Derivative other;
    if (!along.attempt(h, other) || !(largest(other.error) < kInfinity)) break;
    // No change over a short step is no derivative where f did change over the longest: steps of its rounding hide it.
    for (std::size_t j = 0; j < std::min(other.value.size(), first.value.size()); ++j) {
      if (other.value[j] == 0 && first.value[j] != 0) other.error[j] = std::max(other.error[j], std::abs(first.value[j]));
    }
    if (largest(other.error) < largest(found.error)) found = std::move(other);
  }
  // Values that are rounded more coarsely than float64 (what computes in float32) need longer steps: believed where they
  // agree with what is known.
  h = begin;
  for (int trial = 0; trial < kGrown && !settled(found, f.unit); ++trial) {
    h *= kShrink;
    Derivative other;
    if (!along.attempt(h, other) || !(largest(other.error) < kInfinity)) break;
    bool agree = largest(other.error) < largest(found.error);
    for (std::size_t j = 0; j < std::min(other.value.size(), found.value.size()); ++j)
      agree &= std::abs(other.value[j] - found.value[j]) <= found.error[j] + other.error[j];
    if (agree) found = std::move(other);
  }
  // Where f did not change at all but did over the longest step, rounding within f may hide how it changes.
  for (std::size_t j = 0; j < std::min(found.value.size(), first.value.size()); ++j) {
    if (found.value[j] == 0 && first.value[j] != 0) found.error[j] = std::max(found.error[j], std::abs(first.value[j]));
  }
  return true;
}

}  // namespace mmlcore::calculus
