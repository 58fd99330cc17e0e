#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "mmlcore/core/simd.hpp"
#include "mmlcore/eigen/tridiagonal.hpp"

namespace mmlcore {
namespace {

using S = Simd<double>;
constexpr int kMostSteps = 30;  // for an eigenvalue; two are usual

struct Rotation {
  double c, s;
};

// sqrt(f^2 + g^2), which makes a rotation of f / r and g / r, where the squares vanish too; neither is large here.
double length_of(double f, double g) {
  const double squares = f * f + g * g;
  return squares > 1e-280 ? std::sqrt(squares) : std::hypot(f, g);
}

// Rows `from`, from + step, ... of z, turned pair by pair, for V vectors of columns. The row that the next pair shares stays
// in registers, so that each row is loaded and stored once.
template <int V>
[[gnu::always_inline]] inline void turn_columns(const Rotation* turns, index_t count, double* from, index_t step) {
  typename S::Vec held[V];
#pragma GCC unroll 8
  for (int v = 0; v < V; ++v) held[v] = S::load(from + v * S::width);
  for (index_t k = 0; k < count; ++k) {
    double* const next = from + step;
    const double c = turns[k].c, s = turns[k].s;
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) {
      const typename S::Vec x = S::load(next + v * S::width);
      S::store(from + v * S::width, s * x + c * held[v]);
      held[v] = c * x - s * held[v];
    }
    from = next;
  }
#pragma GCC unroll 8
  for (int v = 0; v < V; ++v) S::store(from + v * S::width, held[v]);
}

// Columns are padded to whole vectors.
void turn_rows(const std::vector<Rotation>& turns, MatrixView<double> z, index_t first, index_t step) {
  const index_t count = static_cast<index_t>(turns.size());
  const index_t vectors = (z.cols + S::width - 1) / S::width;
  double* const from = z.data + first * z.row_stride;
  index_t v = 0;
  for (; v + 4 <= vectors; v += 4) turn_columns<4>(turns.data(), count, from + v * S::width, step);
  for (; v + 2 <= vectors; v += 2) turn_columns<2>(turns.data(), count, from + v * S::width, step);
  if (v < vectors) turn_columns<1>(turns.data(), count, from + v * S::width, step);
}

}  // namespace

bool ql_iteration(Tridiagonal& t, MatrixView<double> z) {
  const index_t n = t.n;
  double *const d = t.diagonal.data(), *const e = t.off.data();
  constexpr double eps = std::numeric_limits<double>::epsilon() / 2;
  const auto apart = [&](index_t i) {  // whether rows i - 1 and i are
    return e[i] * e[i] <= eps * eps * std::abs(d[i - 1]) * std::abs(d[i]) + std::numeric_limits<double>::min();
  };
  std::vector<Rotation> turns;
  turns.reserve(static_cast<std::size_t>(n));
  index_t steps = 0;
  for (index_t low = 0; low < n;) {
    index_t high = low;
    while (high + 1 < n && !apart(high + 1)) ++high;
    if (high + 1 < n) e[high + 1] = 0;
    if (high == low) {
      ++low;
      continue;
    }
    // Towards the end that is smaller: graded matrices keep their small eigenvalues.
    const bool down = std::abs(d[high]) >= std::abs(d[low]);  // the eigenvalue appears at `low`
    const index_t step = down ? -1 : 1, start = down ? high : low, end = down ? low : high;
    const auto off = [&](index_t i) -> double& {
      return down ? e[i + 1] : e[i];
    };  // between i and the one before it on the way
    if (++steps > kMostSteps * n) return false;
    double g = (d[end - step] - d[end]) / (2 * off(end));
    double r = std::sqrt(g * g + 1);
    if (!std::isfinite(r)) r = std::abs(g);
    g = d[start] - d[end] + off(end) / (g + std::copysign(r, g));
    double s = 1, c = 1, p = 0;
    turns.clear();
    index_t i = start + step;
    for (;; i += step) {
      const double f = s * off(i), b = c * off(i);
      r = length_of(f, g);
      if (i != start + step) off(i - step) = r;
      if (r == 0) {  // the block falls apart on the way
        d[i - step] -= p;
        break;
      }
      s = f / r;
      c = g / r;
      g = d[i - step] - p;
      r = (d[i] - g) * s + 2 * c * b;
      p = s * r;
      d[i - step] = g + p;
      g = c * r - b;
      turns.push_back({c, s});
      if (i == end) {
        d[end] -= p;
        off(end) = g;
        break;
      }
    }
    turn_rows(turns, z, start, step * z.row_stride);
  }
  return true;
}

}  // namespace mmlcore
