#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/eigen/tridiagonal.hpp"

namespace mmlcore {
namespace {

using V = Simd<double>;
constexpr int kVectors = 4;  // divisions of as many vectors overlap
constexpr index_t kLanes = kVectors * V::width;

// Counts, for each of kLanes numbers x, the eigenvalues of T below it. `squares` are those of the couplings.
void count_below(const Tridiagonal& t, const double* squares, double least, const double* x, double* counts) {
  typename V::Vec pivot[kVectors], at[kVectors], count[kVectors];
  for (int u = 0; u < kVectors; ++u) {
    at[u] = V::load(x + u * V::width);
    pivot[u] = typename V::Vec{} + 1;
    count[u] = typename V::Vec{};
  }
  const typename V::Vec tiny = V::splat(-least), one = V::splat(1), zero{};
  for (index_t i = 0; i < t.n; ++i) {
    const double d = t.diagonal[i], e = squares[i];
    for (int u = 0; u < kVectors; ++u) {
      typename V::Vec q = (d - at[u]) - e / pivot[u];
      q = V::abs(q) < least ? tiny : q;  // a pivot of zero counts as negative
      count[u] += q < zero ? one : zero;
      pivot[u] = q;
    }
  }
  for (int u = 0; u < kVectors; ++u) V::store(counts + u * V::width, count[u]);
}

}  // namespace

void largest_values(const Tridiagonal& t, index_t k, double* values) {
  const index_t n = t.n;
  double low = std::numeric_limits<double>::infinity(), high = -low, largest = 0;
  Buffer<double> squares(n);
  for (index_t i = 0; i < n; ++i) {  // Gershgorin's discs
    const double reach = std::abs(t.off[i]) + (i + 1 < n ? std::abs(t.off[i + 1]) : 0.0);
    low = std::min(low, t.diagonal[i] - reach);
    high = std::max(high, t.diagonal[i] + reach);
    squares[i] = t.off[i] * t.off[i];
    largest = std::max(largest, squares[i]);
  }
  const double unit = std::numeric_limits<double>::epsilon(), norm = std::max(std::abs(low), std::abs(high));
  const double least = std::max(std::numeric_limits<double>::min() * std::max(1.0, largest), unit * unit * norm);
  low -= 2 * unit * norm * static_cast<double>(n);
  high += 2 * unit * norm * static_cast<double>(n);
  parallel_tasks((k + kLanes - 1) / kLanes, [&](index_t task) {
    const index_t first = task * kLanes, used = std::min(kLanes, k - first);
    double below[kLanes], above[kLanes], middle[kLanes], counts[kLanes];
    std::fill(below, below + kLanes, low);
    std::fill(above, above + kLanes, high);
    for (int step = 0; step < 80; ++step) {
      double widest = 0;
      for (index_t l = 0; l < kLanes; ++l) {
        middle[l] = 0.5 * (below[l] + above[l]);
        widest = std::max(widest, above[l] - below[l]);
      }
      if (widest <= 2 * unit * norm) break;
      count_below(t, squares.data(), least, middle, counts);
      for (index_t l = 0; l < kLanes; ++l) {
        const index_t number = std::max<index_t>(n - 1 - first - l, 0);  // ascending number of the eigenvalue sought
        (counts[l] <= static_cast<double>(number) ? below[l] : above[l]) = middle[l];
      }
    }
    std::copy(middle, middle + used, values + first);
  });
}

}  // namespace mmlcore
