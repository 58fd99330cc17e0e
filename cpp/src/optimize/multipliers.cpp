#include "mmlcore/optimize/multipliers.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mmlcore::optimize {
namespace {

constexpr index_t kMost = kMostOfLagrange;
constexpr double kDependent = 1e-8;  // of a column, what is left without those before: a case for singular values
constexpr double kFlat = 1e-8;       // curvature, relative to the largest, that counts as none

// Gradient and Hessian of L at z.
struct Slopes {
  std::array<double, kMost + kMost * kMost> numbers;
  index_t side;
  double gradient(index_t i) const { return numbers[i]; }
  double hessian(index_t i, index_t j) const { return numbers[side + i * side + j]; }
};

Slopes slopes_at(const calculus::Program& both, index_t side, const double* z) {
  Slopes found{{}, side};
  const calculus::Points<const double> in{z, side};
  const calculus::Points<double> out{found.numbers.data(), side + side * side};
  both.run<double>(1, &in, &out);
  return found;
}

// Orthonormal vectors of n numbers.
class Frame {
 public:
  explicit Frame(index_t n) : n_(n) {}

  index_t count = 0;
  double at(index_t i, index_t k) const { return vectors_[i][k]; }
  double inner(index_t i, const double* x) const {
    double sum = 0;
    for (index_t k = 0; k < n_; ++k) sum += vectors_[i][k] * x[k];
    return sum;
  }
  // Takes what is left of x without the vectors that are there, twice for orthogonality; `along` are its parts, the last of
  // which is the length of the rest. False where that is no more than `least` of x.
  bool add(const double* x, double least, double* along) {
    auto& rest = vectors_[count];
    double whole = 0, left = 0;
    for (index_t k = 0; k < n_; ++k) rest[k] = x[k], whole = std::max(whole, std::abs(x[k]));
    std::fill_n(along, count + 1, 0.0);
    for (int time = 0; time < 2; ++time) {
      for (index_t i = 0; i < count; ++i) {
        const double part = inner(i, rest.data());
        along[i] += part;
        for (index_t k = 0; k < n_; ++k) rest[k] -= part * vectors_[i][k];
      }
    }
    for (index_t k = 0; k < n_; ++k) left = std::hypot(left, rest[k]);
    if (!(left > least * whole) || !(left > 0) || !std::isfinite(left)) return false;
    for (index_t k = 0; k < n_; ++k) rest[k] /= left;
    along[count++] = left;
    return true;
  }
  // Completes the basis: by the direction of an axis that is farthest from those that are there, time after time.
  void complete() {
    double along[kMost];
    while (count < n_) {
      index_t best = 0;
      double least = std::numeric_limits<double>::infinity();
      for (index_t k = 0; k < n_; ++k) {
        double covered = 0;
        for (index_t i = 0; i < count; ++i) covered += vectors_[i][k] * vectors_[i][k];
        if (covered < least) least = covered, best = k;
      }
      double axis[kMost] = {};
      axis[best] = 1;
      add(axis, 0, along);
    }
  }

 private:
  const index_t n_;
  std::array<std::array<double, kMost>, kMost> vectors_{};
};

// Columns of G'; `triangle`[i][j]: column j along vector i.
bool span(const Slopes& slopes, index_t n, index_t m, Frame& frame, double (&triangle)[kMost][kMost]) {
  for (index_t j = 0; j < m; ++j) {
    double column[kMost], along[kMost];
    for (index_t k = 0; k < n; ++k) column[k] = -slopes.hessian(k, n + j);
    if (!frame.add(column, kDependent, along)) return false;
    for (index_t i = 0; i <= j; ++i) triangle[i][j] = along[i];
  }
  return true;
}

std::string_view kind_of(const Slopes& slopes, index_t n, const Frame& frame, index_t m) {
  if (m == n) return "inconclusive";  // nowhere to go
  double steepest = 0;
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < n; ++j) steepest = std::max(steepest, std::abs(slopes.hessian(i, j)));
  }
  const auto along = [&](index_t a, index_t b) {
    double sum = 0;
    for (index_t i = 0; i < n; ++i) {
      for (index_t j = 0; j < n; ++j) sum += frame.at(m + a, i) * slopes.hessian(i, j) * frame.at(m + b, j);
    }
    return sum;
  };
  double least = along(0, 0), most = least;
  if (n - m == 2) {
    const double other = along(1, 1), middle = (least + other) / 2;
    const double apart = std::hypot((least - other) / 2, (along(0, 1) + along(1, 0)) / 2);
    least = middle - apart;
    most = middle + apart;
  }
  const double flat = kFlat * std::max({steepest, std::abs(least), std::abs(most)});
  if (least > flat) return "minimum";
  if (most < -flat) return "maximum";
  return least < -flat && most > flat ? "saddle" : "inconclusive";
}

}  // namespace

std::optional<Stationary> stationary_point(const NewtonPrograms& lagrangian, index_t n, index_t m, const double* start,
                                           const NewtonOptions& options) {
  const index_t side = n + m;
  if (side > kMost || m < 1 || m > n || n - m > 2) return std::nullopt;
  Stationary found{};
  std::copy_n(start, n, found.z.begin());
  Slopes slopes = slopes_at(*lagrangian.both, side, found.z.data());
  if (!std::all_of(slopes.numbers.begin(), slopes.numbers.begin() + side + side * side,
                   [](double number) { return std::isfinite(number); }))
    return std::nullopt;
  Frame first(n);
  double triangle[kMost][kMost];
  if (!span(slopes, n, m, first, triangle)) return std::nullopt;
  for (index_t i = m - 1; i >= 0; --i) {
    double sum = first.inner(i, slopes.numbers.data());
    for (index_t j = i + 1; j < m; ++j) sum -= triangle[i][j] * found.z[n + j];
    found.z[n + i] = sum / triangle[i][i];
  }
  const auto nowhere = [](const double*, const double*, double* d) { *d = std::numeric_limits<double>::quiet_NaN(); };
  const Roots roots = newton(lagrangian, 1, side, found.z.data(), options, nowhere);
  if (roots.status[0] != static_cast<std::int64_t>(NewtonStatus::Converged)) return std::nullopt;
  std::copy_n(roots.x.begin(), side, found.z.begin());
  found.norm = roots.norm[0];
  found.steps = roots.steps[0];
  slopes = slopes_at(*lagrangian.both, side, found.z.data());
  Frame last(n);
  if (!span(slopes, n, m, last, triangle)) return std::nullopt;
  last.complete();
  found.kind = kind_of(slopes, n, last, m);
  return found;
}

}  // namespace mmlcore::optimize
