// Queries that lie together share one way through the tree, W of them in the lanes of a vector: the points of a leaf, and
// queries that were sorted by the leaf they fall into.
//
// What is near one of them is near the others. So the box around all of them asks which boxes are near; each W then ask by
// themselves whether a leaf may hold what they want, and look at its points one by one: a coordinate of it is spread over
// the lanes, from which their own are subtracted. The lists are sorted vectors, slot s of W queries in one: what is new goes
// down the slots, exchanged where it is nearer, without a branch.
//
// Squares and the order of equal distances are those of kd_tree_query.cpp, bit for bit. One thread, AVX2, the 5 nearest in
// the plane: all of 50,000 points 58 -> 16 ms, 10,000 queries of 100,000 points 10.8 -> 8.5, float32 10.3 -> 6.7. Beyond 24
// slots, and beyond 4 coordinates, where queries of one leaf go different ways, it gained nothing. Private to
// kd_tree_shared.cpp.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "boxes.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/matrices/register_tile.hpp"
#include "mmlcore/neighbors/kd_tree.hpp"

namespace mmlcore {

// Of D coordinates, and the k nearest.
template <class T>
template <int D>
class KdTree<T>::SharedWalk {
 public:
  using S = Simd<T>;
  using Vec = typename S::Vec;
  using Ids = typename S::Mask;
  using Id = std::remove_cvref_t<decltype(Ids{}[0])>;
  static constexpr index_t W = S::width;

  SharedWalk(const KdTree& tree, index_t k, index_t groups)
      : tree_(tree), k_(k), groups_(groups), queries_(groups * D * W), distances_(groups * k * W), ids_(groups * k * W) {}

  // Before the first query of each run.
  void clear() {
    low_.fill(std::numeric_limits<T>::infinity());
    high_.fill(-std::numeric_limits<T>::infinity());
  }

  // Query i; at(c): its coordinates. One that is not wanted takes nothing: no square is below zero.
  template <class Coordinate>
  void put(index_t i, bool wanted, Coordinate&& at) {
    for (index_t c = 0; c < D; ++c) {
      const T x = query(i / W, c)[i % W] = at(c);
      if (!wanted) continue;
      low_[c] = std::min(low_[c], x);
      high_[c] = std::max(high_[c], x);
    }
    for (index_t s = 0; s < k_; ++s) {
      slot(i / W, s)[i % W] = wanted ? std::numeric_limits<T>::max() : T{-1};
      slot_ids(i / W, s)[i % W] = std::numeric_limits<std::int32_t>::max();
    }
  }

  // From `leaf` on; `Own`: the queries are its points, none of which is its own neighbour.
  template <bool Own>
  void run(index_t leaf) {
    for (index_t g = 0; g < groups_; ++g) look<Own>(g, leaf);
    note_worst();
    index_t waiting = 0;
    stack_[waiting++] = {T{0}, tree_.root_, 0, nullptr};
    while (waiting > 0) {
      const Waiting next = stack_[--waiting];
      if (next.bound > worst_ || (next.bound == worst_ && next.least >= last_)) continue;
      if (next.child >= 0) {
        waiting = open(next.child, waiting);
      } else if (~next.child != leaf) {
        for (index_t g = 0; g < groups_; ++g) {
          if (may_hold(next, g)) look<false>(g, ~next.child);
        }
        note_worst();
      }
    }
  }

  void take(index_t i, T* squares, std::int64_t* indices) {
    for (index_t s = 0; s < k_; ++s) {
      squares[s] = slot(i / W, s)[i % W];
      indices[s] = slot_ids(i / W, s)[i % W];
    }
  }

  // The leaf that a query falls into, or one nearby.
  index_t leaf_of(const VectorView<const T>& query) {
    for (index_t c = 0; c < D; ++c) low_[c] = high_[c] = query[c];
    std::int32_t at = tree_.root_;
    while (at >= 0) {
      const auto bounds = bounds_of(at);
      at = tree_.nodes_[at].child[static_cast<std::size_t>(std::min_element(bounds.begin(), bounds.end()) - bounds.begin())];
    }
    return ~at;
  }

 private:
  struct Waiting {
    T bound;
    std::int32_t child, least;
    const T* box;  // its lower end of the first coordinate
  };

  T* query(index_t g, index_t c) { return queries_.data() + (g * D + c) * W; }
  T* slot(index_t g, index_t s) { return distances_.data() + (g * k_ + s) * W; }
  Id* slot_ids(index_t g, index_t s) { return ids_.data() + (g * k_ + s) * W; }

  static Ids load_ids(const Id* p) {
    Ids v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
  }
  static void store_ids(Id* p, Ids v) { __builtin_memcpy(p, &v, sizeof v); }

  // The farthest that any of the points would take, and the highest index at any such end.
  void note_worst() {
    Vec worst = Vec{} - 1;
    Ids last{};
    for (index_t g = 0; g < groups_; ++g) {
      const Vec end = S::load(slot(g, k_ - 1));
      const Ids id = load_ids(slot_ids(g, k_ - 1));
      worst = end > worst ? end : worst;
      last = id > last ? id : last;
    }
    worst_ = worst[0];
    last_ = last[0];
    for (index_t l = 1; l < W; ++l) {
      worst_ = std::max<T>(worst_, worst[l]);
      last_ = std::max<std::int64_t>(last_, last[l]);
    }
  }

  // Whether the box of a leaf is near enough to a point of the group.
  bool may_hold(const Waiting& next, index_t g) {
    if (!next.box) return true;
    Vec bound{};
    for (index_t c = 0; c < D; ++c) {
      const Vec q = S::load(query(g, c));
      bound = boxes::add_gap(bound, S::splat(next.box[2 * c * kWays]), S::splat(next.box[(2 * c + 1) * kWays]), q, q);
    }
    const Vec worst = S::load(slot(g, k_ - 1));
    const Ids last = load_ids(slot_ids(g, k_ - 1));
    return S::any((bound < worst) | ((bound == worst) & (Ids{} + next.least < last)));
  }

  // The points of a leaf, one by one, beside those of a group; `Own`: the group is part of the leaf.
  template <bool Own>
  void look(index_t g, index_t leaf) {
    const index_t first = leaf * kLeaf, k = k_;
    Vec q[D];
    const T* x[D];
    for (index_t c = 0; c < D; ++c) {
      q[c] = S::load(query(g, c));
      x[c] = tree_.column(c) + first;
    }
    const std::int32_t* const names = tree_.ids_.data() + first;
    T* const slots = slot(g, 0);
    Id* const ids = slot_ids(g, 0);
    Vec worst = S::load(slots + (k - 1) * W);
    for (index_t j = 0; j < kLeaf; ++j) {
      Vec square{};
      for (index_t c = 0; c < D; ++c) square = update::SquaredDifference::apply(square, S::splat(x[c][j]), q[c]);
      Ids near = square <= worst;
      if constexpr (Own) {
        if (j / W == g) near[j % W] = 0;
      }
      if (!S::any(near)) continue;
      worst = insert(slots, ids, k, near ? square : Vec{} + std::numeric_limits<T>::infinity(), Ids{} + names[j]);
    }
  }

  // Returns the last slot.
  static Vec insert(T* slots, Id* ids, index_t k, Vec square, Ids id) {
    Vec kept{};
    for (index_t s = 0; s < k; ++s) {
      const Vec held = S::load(slots + s * W);
      const Ids held_id = load_ids(ids + s * W);
      const Ids nearer = (square < held) | ((square == held) & (id < held_id));
      kept = nearer ? square : held;
      S::store(slots + s * W, kept);
      store_ids(ids + s * W, nearer ? id : held_id);
      square = nearer ? held : square;
      id = nearer ? held_id : id;
    }
    return kept;
  }

  // Squared distances of a node's children from the box around all queries.
  auto bounds_of(index_t node) const {
    alignas(64) std::array<T, kWays> bounds;
    boxes::find_bounds<kWays>(tree_.boxes_of(node), index_t{D}, low_.data(), high_.data(), bounds.data());
    return bounds;
  }

  // The children that may be near, the nearest on top of those that wait.
  index_t open(index_t node, index_t waiting) {
    const auto bounds = bounds_of(node);
    const Node& n = tree_.nodes_[node];
    const index_t first = waiting;
    for (index_t j = 0; j < kWays; ++j) {
      if (!(bounds[j] <= worst_)) continue;
      const Waiting one{bounds[j], n.child[j], n.least[j], tree_.boxes_of(node) + j};
      index_t to = waiting++;
      for (; to > first && boxes::nearer(stack_[to - 1], one); --to) stack_[to] = stack_[to - 1];
      stack_[to] = one;
    }
    return waiting;
  }

  const KdTree& tree_;
  const index_t k_, groups_;
  Buffer<T> queries_, distances_;
  Buffer<Id> ids_;
  std::array<T, D> low_, high_;
  T worst_ = 0;
  std::int64_t last_ = 0;
  std::array<Waiting, kDeepest + kWays> stack_;
};

}  // namespace mmlcore
