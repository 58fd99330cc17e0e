// Where a k-d tree takes less time than all differences. What decides is the number of leaves that a query scans, and this
// depends on the points: in a cube filled by independent coordinates a ball that holds k of n points reaches, of boxes of
// kLeaf points, (1 + 2 r)^d, r its radius in sides of a box (k / kLeaf = V_d r^d, V_d the volume of the unit ball), which
// is all of them from 8 coordinates on, while points near a plane in twenty coordinates are found as in the plane. From five
// coordinates on the leaves are therefore counted, in a tree of some of the points: 50,000 x 12 near four dimensions 2 us a
// query instead of 530 by the formula, which told no. Fewer than four leaves are no tree: of 490 points of one coordinate
// 2336 queries for 14 took 4.6 ms by all differences, 1.4 by the tree; of 100 points 300 queries for 3 take 0.06 by
// differences.
#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/neighbors/kd_tree.hpp"

namespace mmlcore {
namespace {

constexpr index_t kByFormula = 4;                 // coordinates up to which the formula tells
constexpr index_t kPart = 16, kLeastPart = 2048;  // of the points one goes into the tree that is tried, or so many at least
constexpr double kFewer = 1.5;  // of what is kept a few queries are asked at a time: each then takes 1.2 to 3 times as long

// Nanoseconds on one thread, measured at AVX-512 (the unit does not matter).
template <class T>
struct Costs {
  static constexpr double kWidth = Simd<T>::width;
  double n, d, k;

  double all() const { return n * (2.2 + 0.4 * d) / kWidth + 35 * k * std::log(n / k); }
  double building() const { return n * (60 + 8 * d); }
  double query(double leaves) const { return 200 + 15 * k + leaves * (30 + 1.3 * (32 + 16 * d) / kWidth); }
};

template <class T>
Costs<T> costs_of(index_t n, index_t d, index_t k) {
  return {static_cast<double>(n), static_cast<double>(d), static_cast<double>(k)};
}

double leaves_by_formula(double n, double d, double k, double leaf) {
  const double ball = std::pow(3.14159265358979, d / 2) / std::tgamma(d / 2 + 1);
  return std::min(n / leaf, std::pow(1 + 2 * std::pow(k / (leaf * ball), 1 / d), d));
}

}  // namespace

template <class T>
bool KdTree<T>::pays(MatrixView<const T> points, index_t queries, index_t k) {
  const index_t n = points.rows, d = points.cols, least = 4 * kLeaf;
  if (d < 1 || d > kMostCoordinates || n < least || n >= std::numeric_limits<std::int32_t>::max()) return false;
  const Costs<T> cost = costs_of<T>(n, d, k);
  const double asked = static_cast<double>(queries), all = cost.all();
  const auto takes_less = [&](double leaves) {
    if (queries < 0) return cost.query(leaves) < kFewer * all;
    return cost.building() + asked * cost.query(leaves) < asked * all;
  };
  if (d <= kByFormula) return takes_less(leaves_by_formula(cost.n, cost.d, cost.k, kLeaf));
  const index_t m = std::min(n, std::max({kLeastPart, n / kPart, 4 * k}));
  const double share_of_points = static_cast<double>(m) / cost.n;
  // Trying takes at most a sixteenth of what may be had for nothing.
  if (!takes_less(0) || (queries >= 0 && 16 * share_of_points * cost.building() > asked * all)) return false;
  Buffer<T> some(m * d);
  for (index_t i = 0; i < m; ++i) {
    for (index_t c = 0; c < d; ++c) some[i * d + c] = points(i * n / m, c);
  }
  const double found = KdTree({some.data(), m, d, d, 1}).leaves_of_a_query(k);
  // A query that scans few of the leaves scans as many of a larger tree; one that scans them all, all of that one too.
  const double share = std::min(1.0, found * kLeaf / static_cast<double>(m));
  return takes_less(std::min(cost.n / kLeaf, found * std::pow(1 / share_of_points, share * share)));
}

template <class T>
bool KdTree<T>::pays(index_t k) const {
  const Costs<T> cost = costs_of<T>(count_, d_, k);
  return cost.query(leaves_of_a_query(k)) < kFewer * cost.all();
}

template bool KdTree<float>::pays(MatrixView<const float>, index_t, index_t);
template bool KdTree<double>::pays(MatrixView<const double>, index_t, index_t);
template bool KdTree<float>::pays(index_t) const;
template bool KdTree<double>::pays(index_t) const;

}  // namespace mmlcore
