// Distances of boxes, for the ways through a k-d tree. Private to this folder.
//
// The squared distance of the box [low, high] from the box [from, to], of which a point is one with from = to:
//
//   b^2 = sum_c max(low_c - to_c, from_c - high_c, 0)^2.
//
// All sums take the coordinates in one order: what one way finds is what the other finds, bit for bit.
#pragma once

#include <algorithm>

#include "mmlcore/core/simd.hpp"
#include "mmlcore/matrices/register_tile.hpp"

namespace mmlcore::boxes {

// What one coordinate adds.
template <class Vec>
[[gnu::always_inline]] inline Vec add_gap(Vec sum, Vec low, Vec high, Vec from, Vec to) {
  const Vec below = low - to, above = from - high, gap = below > above ? below : above;
  return update::SquaredDifference::apply(sum, Vec{}, gap > 0 ? gap : Vec{});
}

// Of the `Ways` boxes of a node, which lie side by side, into `bounds`.
template <int Ways, class T>
[[gnu::always_inline]] inline void find_bounds(const T* boxes, index_t d, const T* from, const T* to, T* bounds) {
  using Boxes = Simd<T, std::min<int>(kVectorBytes, Ways * int{sizeof(T)})>;
  for (index_t j = 0; j < Ways; j += Boxes::width) {
    typename Boxes::Vec sum{};
    for (index_t c = 0; c < d; ++c) {
      sum = add_gap(sum, Boxes::load(boxes + 2 * c * Ways + j), Boxes::load(boxes + (2 * c + 1) * Ways + j),
                    Boxes::splat(from[c]), Boxes::splat(to[c]));
    }
    Boxes::store(bounds + j, sum);
  }
}

// Which of two boxes that wait comes first: of equally near ones that with the lower index.
template <class Waiting>
bool nearer(const Waiting& a, const Waiting& b) {
  return a.bound < b.bound || (a.bound == b.bound && a.least < b.least);
}

}  // namespace mmlcore::boxes
