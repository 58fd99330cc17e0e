#include "directions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/lane_algebra.hpp"
#include "mmlcore/eigen/symmetric_pairs.hpp"
#include "mmlcore/elimination/cholesky.hpp"
#include "mmlcore/elimination/substitution.hpp"

namespace mmlcore::optimize {

namespace {
constexpr double kLeastPivot = 1e-10;  // of a matrix with a diagonal near 1, that is positive enough
constexpr double kLargest = 1e300;
constexpr double kFloor = 1e-10;    // least curvature that a step divides by, in units of the largest
constexpr double kFlat = 1e-14;     // eigenvalue, in units of the largest, that is none
constexpr double kNegative = 1e-6;  // the same, from which on a negative one is a way down
}  // namespace

Directions::Directions(index_t n, Method method)
    : n_(n),
      method_(method),
      inverse_(method == Method::Bfgs ? n * n : 0),
      work_(2 * n),
      pairs_(method == Method::Lbfgs ? 2 * kPairs * n : 0),
      curvature_(kPairs),
      part_(kPairs) {}

void Directions::forget() {
  known_ = false;
  used_ = next_ = 0;
  scale_ = 1;
}

void Directions::along(const double* g, const std::vector<char>& held, double* d) {
  if (method_ == Method::Newton) {
    const index_t m = static_cast<index_t>(free_.size());
    std::fill_n(d, n_, 0.0);
    if (m == 0) return;
    aim_.resize(2 * m);
    double *const part = aim_.data(), *const along = part + m;
    for (index_t i = 0; i < m; ++i) part[i] = -g[free_[i]] * units_[i];
    if (factored_) {
      const auto entry = [&](index_t i, index_t j) { return factor_[j * m + i]; };
      const auto divide = [&](index_t i, double x) { return x / factor_[i * m + i]; };
      substitute_forward<double>(m, entry, divide, {part, m, 1});
      substitute_backward<double>(m, [&](index_t i, index_t j) { return entry(j, i); }, divide, {part, m, 1});
    } else {
      double largest = 0;
      for (index_t k = 0; k < m; ++k) largest = std::max(largest, std::abs(values_[k]));
      for (index_t k = 0; k < m; ++k) {
        const double curvature = std::max(std::abs(values_[k]), kFloor * largest);
        along[k] = product_of(&vectors_[k * m], part, m) / (curvature > 0 ? curvature : 1.0);
      }
      std::fill_n(part, m, 0.0);
      for (index_t k = 0; k < m; ++k) axpy(along[k], &vectors_[k * m], part, m);
    }
    for (index_t i = 0; i < m; ++i) d[free_[i]] = part[i] * units_[i];
    return;
  }
  double* const free = work_.data();
  for (index_t i = 0; i < n_; ++i) free[i] = held[i] ? 0.0 : g[i];
  if (!known_) {
    for (index_t i = 0; i < n_; ++i) d[i] = -free[i];
  } else if (method_ == Method::Bfgs) {
    for (index_t i = 0; i < n_; ++i) d[i] = -product_of(inverse_.data() + i * n_, free, n_);
  } else {
    two_loops(free, d);
  }
  for (index_t i = 0; i < n_; ++i) {
    if (held[i]) d[i] = 0;
  }
}

void Directions::two_loops(const double* g, double* d) {
  for (index_t i = 0; i < n_; ++i) d[i] = -g[i];
  for (index_t k = 0; k < used_; ++k) {
    const index_t at = (next_ - 1 - k + kPairs) % kPairs;
    const double *const s = pairs_.data() + 2 * at * n_, *const y = s + n_;
    part_[at] = product_of(s, d, n_) / curvature_[at];
    axpy(-part_[at], y, d, n_);
  }
  for (index_t i = 0; i < n_; ++i) d[i] *= scale_;
  for (index_t k = used_ - 1; k >= 0; --k) {
    const index_t at = (next_ - 1 - k + kPairs) % kPairs;
    const double *const s = pairs_.data() + 2 * at * n_, *const y = s + n_;
    axpy(part_[at] - product_of(y, d, n_) / curvature_[at], s, d, n_);
  }
}

void Directions::learn(const double* step, const double* change) {
  if (method_ == Method::Newton) return;
  double sy = 0, yy = 0, ss = 0;
  if (n_ < 24) {
    for (index_t i = 0; i < n_; ++i) sy += step[i] * change[i], yy += change[i] * change[i], ss += step[i] * step[i];
  } else {
    sy = product_of(step, change, n_), yy = product_of(change, change, n_), ss = product_of(step, step, n_);
  }
  if (!(sy > 1e-14 * std::sqrt(ss * yy)) || !(ss * yy < kLargest) || !(ss * yy > 1 / kLargest)) {
    if (!(sy > 1e-14 * std::sqrt(ss) * std::sqrt(yy)) || !std::isfinite(yy)) return;
  }
  if (method_ == Method::Lbfgs) {
    double* const s = pairs_.data() + 2 * next_ * n_;
    std::copy_n(step, n_, s);
    std::copy_n(change, n_, s + n_);
    curvature_[next_] = sy;
    scale_ = sy / yy;
    next_ = (next_ + 1) % kPairs;
    used_ = std::min(used_ + 1, kPairs);
    known_ = true;
    return;
  }
  if (!known_) {
    std::fill(inverse_.begin(), inverse_.end(), 0.0);
    for (index_t i = 0; i < n_; ++i) inverse_[i * n_ + i] = sy / yy;
    known_ = true;
  }
  // (1 + y'Hy / sy) s s' / sy - (H y s' + s y'H) / sy, as s w' + w s'.
  double *const hy = work_.data(), *const w = hy + n_;
  for (index_t i = 0; i < n_; ++i) hy[i] = product_of(inverse_.data() + i * n_, change, n_);
  const double half = (1 + product_of(change, hy, n_) / sy) / (2 * sy);
  for (index_t i = 0; i < n_; ++i) w[i] = half * step[i] - hy[i] / sy;
  for (index_t i = 0; i < n_; ++i) {
    double* const row = inverse_.data() + i * n_;
    const double a = step[i], b = w[i];
    for (index_t j = 0; j < n_; ++j) row[j] += a * w[j] + b * step[j];
  }
}

// In units of the unknowns in which the diagonal of the Hessian is near 1 in size: no unit matters then.
bool Directions::take(const double* hessian, const std::vector<char>& held) {
  free_.clear();
  for (index_t i = 0; i < n_; ++i) {
    if (!held[i]) free_.push_back(i);
  }
  const index_t m = static_cast<index_t>(free_.size());
  known_ = definite_ = factored_ = true;
  units_.assign(m, 1.0);
  for (index_t i = 0; i < m; ++i) {
    double size = std::abs(hessian[free_[i] * n_ + free_[i]]);
    for (index_t j = 0; j < m; ++j) {
      const double entry = hessian[free_[i] * n_ + free_[j]];
      if (!std::isfinite(entry)) return false;
      if (hessian[free_[i] * n_ + free_[i]] == 0) size = std::max(size, std::abs(entry));
    }
    int exponent = 0;
    std::frexp(size, &exponent);
    if (size > 0) units_[i] = std::ldexp(1.0, -exponent / 2);  // a power of two: nothing is rounded
  }
  if (m == 0) return true;
  part_of_hessian_.resize(m * m);
  for (index_t j = 0; j < m; ++j) {
    for (index_t i = 0; i < m; ++i) {
      double& entry = part_of_hessian_[j * m + i] = hessian[free_[i] * n_ + free_[j]] * units_[i] * units_[j];
      if (!std::isfinite(entry)) return false;
    }
  }
  factor_ = part_of_hessian_;
  factored_ = cholesky(f_order(factor_.data(), m, m, m));
  for (index_t i = 0; factored_ && i < m; ++i) factored_ = factor_[i * m + i] * factor_[i * m + i] > kLeastPivot;
  if (factored_) return true;
  values_.resize(m);
  vectors_.resize(m * m);
  const MatrixView<const double> part = f_order<const double>(part_of_hessian_.data(), m, m, m);
  if (!symmetric_pairs<double>(part, values_.data(), f_order(vectors_.data(), m, m, m))) return false;
  definite_ = values_[0] > kFlat * std::max(std::abs(values_[0]), std::abs(values_[m - 1]));
  return true;
}

double Directions::downward(double* d) const {
  const index_t m = static_cast<index_t>(free_.size());
  if (m == 0 || factored_) return 0;
  const double top = std::max(std::abs(values_[0]), std::abs(values_[m - 1]));
  if (!(values_[0] < -kNegative * top)) return 0;
  std::fill_n(d, n_, 0.0);
  for (index_t i = 0; i < m; ++i) d[free_[i]] = vectors_[i] * units_[i];
  return values_[0];
}

bool Directions::left(const double* g, double* far) {
  const double none = std::numeric_limits<double>::infinity();
  if (!definite_) {
    std::fill_n(far, n_, none);
    for (index_t i = 0; i < n_; ++i) far[i] = 0;
    for (const index_t i : free_) far[i] = none;
    return false;
  }
  const std::vector<char> all(n_, 0);
  along(g, all, far);
  for (index_t i = 0; i < n_; ++i) far[i] = std::abs(far[i]);
  return true;
}

}  // namespace mmlcore::optimize
