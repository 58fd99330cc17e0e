#include "mmlcore/optimize/r_factor.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/lane_algebra.hpp"
#include "mmlcore/elimination/cholesky.hpp"
#include "mmlcore/elimination/substitution.hpp"
#include "mmlcore/orthogonal/reflector.hpp"

namespace mmlcore::optimize {
namespace {

std::vector<double> scaled(const std::vector<double>& scale, const std::vector<double>& d) {
  std::vector<double> result(d.size());
  for (std::size_t i = 0; i < d.size(); ++i) result[i] = scale[i] * d[i];
  return result;
}

// The triangle S of (R, sqrt(par) D) and the right side that goes with it, by absorbing the rows of sqrt(par) D.
RFactor damped(const RFactor& r, const std::vector<double>& scale, double par) {
  const index_t p = r.parameters();
  if (!r.gram().empty()) {
    std::vector<double> gram = r.gram();
    for (index_t j = 0; j < p; ++j) gram[j * (p + 2)] += par * scale[j] * scale[j];
    RFactor s(p);
    if (s.from_gram(std::move(gram))) return s;
  }
  RFactor s = r;
  if (par == 0) return s;
  std::vector<double> rows((p + 1) * p, 0.0);
  std::vector<double*> columns(p + 1);
  for (index_t j = 0; j <= p; ++j) columns[j] = rows.data() + j * p;
  for (index_t j = 0; j < p; ++j) columns[j][j] = std::sqrt(par) * scale[j];
  s.absorb(columns.data(), p);
  return s;
}

// S^-1 x in place of x. False where it is not finite.
bool solve_upper(const RFactor& s, std::vector<double>& x) {
  bool fine = true;
  const auto divide = [&](index_t i, double sum) {
    const double quotient = sum / s(i, i);
    fine = fine && s(i, i) != 0 && std::isfinite(quotient);
    return quotient;
  };
  const auto entry = [&](index_t i, index_t j) { return s(i, j); };
  substitute_backward(s.parameters(), entry, divide, VectorView<double>{x.data(), s.parameters(), 1});
  return fine;
}

// S^-T x in place of x.
void solve_transposed(const RFactor& s, std::vector<double>& x) {
  const auto entry = [&](index_t i, index_t j) { return s(j, i); };
  const auto divide = [&](index_t i, double sum) { return sum / s(i, i); };
  substitute_forward(s.parameters(), entry, divide, VectorView<double>{x.data(), s.parameters(), 1});
}

// Whether some column is a combination of those before it, to working precision.
bool deficient(const RFactor& r) {
  for (index_t j = 0; j < r.parameters(); ++j) {
    if (!(std::abs(r(j, j)) > 1e-15 * r.length(j))) return true;
  }
  return false;
}

}  // namespace

void RFactor::absorb(double* const* columns, index_t count) {
  gram_.clear();
  for (index_t j = 0; j < n_; ++j) {
    const double below = dot(columns[j], columns[j], count);
    if (below == 0) continue;
    const double old = (*this)(j, j);
    const Reflection<double> h = reflection(old, std::sqrt(old * old + below));
    for (index_t k = j + 1; k < n_; ++k) {
      const double s = h.scale * (h.head * (*this)(j, k) + dot(columns[j], columns[k], count));
      (*this)(j, k) -= s * h.head;
      axpy(-s, columns[j], columns[k], count);
    }
    (*this)(j, j) = h.beta;
  }
}

void RFactor::absorb(const RFactor& other) {
  std::vector<double> rows = other.a_;
  std::vector<double*> columns(n_);
  for (index_t j = 0; j < n_; ++j) columns[j] = rows.data() + j * n_;
  absorb(columns.data(), n_);
}

bool RFactor::from_gram(std::vector<double> gram) {
  clear();
  if (n_ > kManyParameters) {
    gram_ = std::move(gram);
    const bool found = from_envelope();
    if (!found) gram_.clear();
    return found;
  }
  const auto entry = [&](index_t i, index_t j) { return gram[j * n_ + i]; };
  const auto transposed = [&](index_t i, index_t j) -> double& { return (*this)(j, i); };
  return cholesky_small<double>(n_, entry, transposed, [&](index_t j, double whole, double& pivot) {
    if (j < n_ - 1) return pivot > kSafePivot * whole;
    pivot = std::max(pivot, 0.0);  // the corner
    return true;
  });
}

// Row i of the lower triangle, column i of this one, has no entries before the first of the sums.
bool RFactor::from_envelope() {
  std::vector<index_t> first(n_);
  for (index_t i = 0; i < n_; ++i) {
    const double *const sums = gram_.data() + i * n_, whole = sums[i];
    double* const row = a_.data() + i * n_;
    first[i] = std::find_if(sums, sums + i, [](double sum) { return sum != 0; }) - sums;
    for (index_t j = first[i]; j < i; ++j) {
      const double* const other = a_.data() + j * n_;
      const index_t from = std::max(first[i], first[j]);
      row[j] = (sums[j] - (from < j ? dot(row + from, other + from, j - from) : 0.0)) / other[j];
    }
    const double pivot = whole - dot(row + first[i], row + first[i], i - first[i]);
    if (i < n_ - 1 && !(pivot > kSafePivot * whole)) return false;
    row[i] = std::sqrt(std::max(pivot, 0.0));
  }
  return true;
}

double RFactor::length(index_t j) const { return std::sqrt(inner(column(j, j + 1), column(j, j + 1))); }

std::vector<double> RFactor::residual(const std::vector<double>& d) const {
  const double* right = column(n_ - 1, n_ - 1).data;
  std::vector<double> result(right, right + n_ - 1);
  for (index_t j = 0; j < n_ - 1; ++j) axpy(d[j], column(j, j + 1), VectorView<double>{result.data(), j + 1, 1});
  return result;
}

std::vector<double> RFactor::gradient() const {
  std::vector<double> g(n_ - 1);
  for (index_t j = 0; j < n_ - 1; ++j) g[j] = inner(column(j, j + 1), column(n_ - 1, j + 1));
  return g;
}

RFactor RFactor::of(const std::vector<index_t>& chosen) const {
  const index_t p = static_cast<index_t>(chosen.size());
  if (p == n_ - 1) return *this;  // all of them, in their order
  if (!gram_.empty()) {
    const auto whole = [&](index_t j) { return j < p ? chosen[j] : n_ - 1; };
    std::vector<double> part((p + 1) * (p + 1));
    for (index_t i = 0; i <= p; ++i) {
      for (index_t j = 0; j <= p; ++j) part[i * (p + 1) + j] = gram_[whole(i) * n_ + whole(j)];
    }
    RFactor result(p);
    if (result.from_gram(std::move(part))) return result;
  }
  std::vector<double> rows((p + 1) * n_, 0.0);
  std::vector<double*> columns(p + 1);
  for (index_t j = 0; j <= p; ++j) {
    columns[j] = rows.data() + j * n_;
    const index_t from = j < p ? chosen[j] : n_ - 1;
    for (index_t i = 0; i <= from; ++i) columns[j][i] = (*this)(i, from);
  }
  RFactor result(p);
  result.absorb(columns.data(), n_);
  return result;
}

bool RFactor::inverse(std::vector<double>& covariance, double least) const {
  const index_t p = n_ - 1;
  covariance.assign(p * p, std::numeric_limits<double>::infinity());
  for (index_t j = 0; j < p; ++j) {
    if (!(std::abs((*this)(j, j)) > least * length(j))) return false;
  }
  std::vector<double> inverse(p * p, 0.0);  // of R, columns
  for (index_t j = 0; j < p; ++j) {
    double* const x = inverse.data() + j * p;
    x[j] = 1;
    for (index_t k = j; k >= 0; --k) {
      x[k] /= (*this)(k, k);
      axpy(-x[k], a_.data() + k * n_, x, k);
    }
  }
  covariance.assign(p * p, 0.0);
  for (index_t k = 0; k < p; ++k) {
    const double* const x = inverse.data() + k * p;
    for (index_t i = 0; i <= k; ++i) axpy(x[i], x, covariance.data() + i * p, i + 1);
  }
  for (index_t i = 0; i < p; ++i) {
    for (index_t j = 0; j < i; ++j) covariance[j * p + i] = covariance[i * p + j];
  }
  return true;
}

bool damped_step(const RFactor& r, const std::vector<double>& scale, double par, std::vector<double>& d) {
  const RFactor other = par == 0 ? RFactor(0) : damped(r, scale, par);
  const RFactor& s = par == 0 ? r : other;
  d.resize(r.parameters());
  for (index_t i = 0; i < r.parameters(); ++i) d[i] = -s.q(i);
  return solve_upper(s, d);
}

// With phi(par) = |D d(par)| - delta: phi is decreasing and convex, so Newton's iteration on 1/phi climbs to the root from
// the left; `low` and `high` enclose it.
std::vector<double> trust_region_step(const RFactor& r, const std::vector<double>& scale, double delta, double& par) {
  const index_t p = r.parameters();
  std::vector<double> d(p);
  double low = 0;
  // phi' of a solution with triangle s: -|S^-T D^2 d / |D d||^2 |D d|.
  const auto slope = [&](const RFactor& s, const std::vector<double>& step, double length) {
    std::vector<double> w(p);
    for (index_t j = 0; j < p; ++j) w[j] = scale[j] * scale[j] * step[j] / length;
    solve_transposed(s, w);
    const double size = length_of(w);
    return size * size;
  };
  if (!deficient(r) && damped_step(r, scale, 0, d)) {
    const double length = length_of(scaled(scale, d)), phi = length - delta;
    if (phi <= 0.1 * delta) {
      par = 0;
      return d;
    }
    low = phi / delta / slope(r, d, length);
    if (!std::isfinite(low)) low = 0;
  }
  std::vector<double> g = r.gradient();
  for (index_t j = 0; j < p; ++j) g[j] /= scale[j];
  const double steep = length_of(g);
  double high = steep / delta;
  if (!(high > 0)) high = std::numeric_limits<double>::min() / std::min(delta, 0.1);
  par = std::clamp(par, low, std::max(low, high));
  if (par == 0) par = delta > 0 && steep > 0 ? std::max(1e-3 * high, low) : high;
  for (int k = 0; k < 12; ++k) {
    const RFactor s = damped(r, scale, par);
    for (index_t i = 0; i < p; ++i) d[i] = -s.q(i);
    if (!solve_upper(s, d)) {
      low = par;
      par = par > 0 ? par * 10 : std::numeric_limits<double>::min();
      continue;
    }
    const double length = length_of(scaled(scale, d)), phi = length - delta;
    if (std::abs(phi) <= 0.1 * delta || (low == 0 && phi < 0 && par <= low)) break;
    (phi > 0 ? low : high) = phi > 0 ? std::max(low, par) : std::min(high, par);
    par = std::max(low, par + phi / delta / slope(s, d, length));
  }
  return d;
}

}  // namespace mmlcore::optimize
