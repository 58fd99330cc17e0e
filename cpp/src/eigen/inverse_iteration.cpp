#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/careful_length.hpp"
#include "mmlcore/core/maps.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/random.hpp"
#include "mmlcore/eigen/tridiagonal.hpp"

namespace mmlcore {
namespace {

constexpr int kSolves = 3;
// Eigenvalues closer than this, relative to ||T||, belong together. At a distance of a rounding error the solution would be
// the one direction that is nearest, again and again; from this far all of them count alike, and random starts differ.
constexpr double kTogether = 1e-13;

// L U of T - lambda with exchanges of neighbouring rows: U has two diagonals beside its own.
struct Factors {
  explicit Factors(index_t n) : n(n), inverse(n), first(n), second(n), factor(n), swapped(n) {}

  void compute(const Tridiagonal& t, double lambda, double least) {
    double d = t.diagonal[0] - lambda, e = n > 1 ? t.off[1] : 0;
    for (index_t i = 0; i + 1 < n; ++i) {
      const double below = t.off[i + 1], next_d = t.diagonal[i + 1] - lambda, next_e = i + 2 < n ? t.off[i + 2] : 0;
      swapped[i] = std::abs(below) > std::max(std::abs(d), least);
      if (swapped[i]) {
        factor[i] = d / below;
        inverse[i] = 1 / below;
        first[i] = next_d;
        second[i] = next_e;
        d = e - factor[i] * next_d;
        e = -factor[i] * next_e;
      } else {
        if (std::abs(d) < least) d = std::copysign(least, d);
        factor[i] = below / d;
        inverse[i] = 1 / d;
        first[i] = e;
        second[i] = 0;
        d = next_d - factor[i] * e;
        e = next_e;
      }
    }
    if (std::abs(d) < least) d = std::copysign(least, d);
    inverse[n - 1] = 1 / d;
  }

  void solve(double* x) const {
    for (index_t i = 0; i + 1 < n; ++i) {
      if (swapped[i]) std::swap(x[i], x[i + 1]);
      x[i + 1] -= factor[i] * x[i];
    }
    x[n - 1] *= inverse[n - 1];
    if (n > 1) x[n - 2] = (x[n - 2] - first[n - 2] * x[n - 1]) * inverse[n - 2];
    for (index_t i = n - 3; i >= 0; --i) x[i] = (x[i] - first[i] * x[i + 1] - second[i] * x[i + 2]) * inverse[i];
  }

  index_t n;
  Buffer<double> inverse, first, second, factor;
  Buffer<bool> swapped;
};

}  // namespace

void inverse_iteration(const Tridiagonal& t, index_t k, const double* values, MatrixView<double> z) {
  const index_t n = t.n;
  double norm = 0;
  for (index_t i = 0; i < n; ++i) {
    norm = std::max(norm, std::abs(t.diagonal[i]) + std::abs(t.off[i]) + (i + 1 < n ? std::abs(t.off[i + 1]) : 0.0));
  }
  const double least = std::max(std::numeric_limits<double>::epsilon() * norm, std::numeric_limits<double>::min());
  parallel_tasks(k, [&](index_t j) {
    Factors factors(n);
    const double near = kTogether * norm;
    const bool together = (j > 0 && values[j - 1] - values[j] < near) || (j + 1 < k && values[j] - values[j + 1] < near);
    factors.compute(t, together ? values[j] + near : values[j], least);
    double* x = &z(j, 0);
    const Philox random(0, static_cast<std::uint64_t>(j));
    for (index_t i = 0; i < n; ++i) x[i] = random.uniform(static_cast<std::uint64_t>(i)) - 0.5;
    for (int step = 0; step < kSolves; ++step) {
      factors.solve(x);
      map(x, n) /= map(x, n).cwiseAbs().maxCoeff();  // so that the next solve cannot overflow
    }
    map(x, n) /= safe_length(x, n);
  });
}

}  // namespace mmlcore
