// The nearest points of the tree's own points: the points of a leaf share one way through the tree, W of them in the lanes
// of a vector.
//
// What is near one point of a leaf is near the others. So the leaf's box asks which boxes are near; each W points then ask
// by themselves whether a leaf may hold what they want, and look at its points one by one: a coordinate of it is spread over
// the lanes, whose own coordinates are subtracted. The lists are sorted vectors, slot s of W points in one: what is new goes
// down the slots, exchanged where it is nearer, without a branch.
//
// Squares and the order of equal distances are those of kd_tree_query.cpp, bit for bit. MEASURED
#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/matrices/register_tile.hpp"
#include "mmlcore/neighbors/kd_tree.hpp"

namespace mmlcore {

// D coordinates, or 0 where the compiler does not know their number.
template <class T>
template <int D>
class KdTree<T>::LeafWalk {
 public:
  using S = Simd<T>;
  using Vec = typename S::Vec;
  using Ids = typename S::Mask;
  using Id = std::remove_cvref_t<decltype(Ids{}[0])>;
  using Boxes = Simd<T, std::min<int>(kVectorBytes, kWays* int{sizeof(T)})>;
  static constexpr index_t W = S::width, kGroups = kLeaf / W;

  LeafWalk(const KdTree& tree, index_t k)
      : tree_(tree),
        d_(D ? D : tree.d_),
        k_(k),
        queries_(kGroups * d_ * W),
        distances_(kGroups * k * W),
        ids_(kGroups * k * W) {}

  void run(index_t leaf, const MatrixView<T>& squares, const MatrixView<std::int64_t>& indices) {
    start(leaf);
    for (index_t g = 0; g < kGroups; ++g) look<true>(g, leaf);
    note_worst();
    index_t waiting = 0;
    stack_[waiting++] = {T{0}, tree_.root_, 0, nullptr};
    while (waiting > 0) {
      const Waiting next = stack_[--waiting];
      if (next.bound > worst_ || (next.bound == worst_ && next.least >= last_)) continue;
      if (next.child >= 0) {
        waiting = open(next.child, waiting);
      } else if (~next.child != leaf) {
        for (index_t g = 0; g < kGroups; ++g) {
          if (may_hold(next, g)) look<false>(g, ~next.child);
        }
        note_worst();
      }
    }
    finish(leaf, squares, indices);
  }

 private:
  struct Waiting {
    T bound;
    std::int32_t child, least;
    const T* box;  // its lower end of the first coordinate
  };

  T* query(index_t g, index_t c) { return queries_.data() + (g * d_ + c) * W; }
  T* slot(index_t g, index_t s) { return distances_.data() + (g * k_ + s) * W; }
  Id* slot_ids(index_t g, index_t s) { return ids_.data() + (g * k_ + s) * W; }

  // Rows behind the last point of a bucket want nothing: no square is below zero.
  void start(index_t leaf) {
    const index_t first = leaf * kLeaf;
    for (index_t c = 0; c < d_; ++c) {
      low_[c] = std::numeric_limits<T>::infinity();
      high_[c] = -low_[c];
      for (index_t i = 0; i < kLeaf; ++i) {
        const T x = tree_.column(c)[first + i];
        query(i / W, c)[i % W] = x;
        if (tree_.ids_[first + i] >= tree_.count_) continue;
        low_[c] = std::min(low_[c], x);
        high_[c] = std::max(high_[c], x);
      }
    }
    for (index_t i = 0; i < kLeaf; ++i) {
      const bool is_point = tree_.ids_[first + i] < tree_.count_;
      for (index_t s = 0; s < k_; ++s) {
        slot(i / W, s)[i % W] = is_point ? std::numeric_limits<T>::max() : T{-1};
        slot_ids(i / W, s)[i % W] = std::numeric_limits<std::int32_t>::max();
      }
    }
  }

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
    for (index_t g = 0; g < kGroups; ++g) {
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
    for (index_t c = 0; c < d_; ++c) {
      const Vec q = S::load(query(g, c));
      const Vec below = S::splat(next.box[2 * c * kWays]) - q, above = q - S::splat(next.box[(2 * c + 1) * kWays]);
      const Vec gap = below > above ? below : above;
      bound = update::SquaredDifference::apply(bound, Vec{}, gap > 0 ? gap : Vec{});
    }
    const Vec worst = S::load(slot(g, k_ - 1));
    const Ids last = load_ids(slot_ids(g, k_ - 1));
    return S::any((bound < worst) | ((bound == worst) & (Ids{} + next.least < last)));
  }

  // The points of a leaf, one by one, beside those of a group; `Own`: the group is part of the leaf.
  template <bool Own>
  void look(index_t g, index_t leaf) {
    constexpr index_t kMost = D ? D : kMostCoordinates;
    const index_t first = leaf * kLeaf, d = D ? D : d_, k = k_;
    Vec q[kMost];
    const T* x[kMost];
    for (index_t c = 0; c < d; ++c) {
      q[c] = S::load(query(g, c));
      x[c] = tree_.column(c) + first;
    }
    const std::int32_t* const names = tree_.ids_.data() + first;
    T* const slots = slot(g, 0);
    Id* const ids = slot_ids(g, 0);
    Vec worst = S::load(slots + (k - 1) * W);
    for (index_t j = 0; j < kLeaf; ++j) {
      Vec square{};
      for (index_t c = 0; c < d; ++c) square = update::SquaredDifference::apply(square, S::splat(x[c][j]), q[c]);
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

  // The children of a node that may be near the leaf's box, the nearest on top.
  index_t open(index_t node, index_t waiting) {
    const T* const boxes = tree_.boxes_of(node);
    const Node& n = tree_.nodes_[node];
    alignas(64) T bounds[kWays];
    for (index_t j = 0; j < kWays; j += Boxes::width) {
      typename Boxes::Vec sum{};
      for (index_t c = 0; c < d_; ++c) {
        const auto below = Boxes::load(boxes + 2 * c * kWays + j) - Boxes::splat(high_[c]),
                   above = Boxes::splat(low_[c]) - Boxes::load(boxes + (2 * c + 1) * kWays + j);
        const auto gap = below > above ? below : above;
        sum = update::SquaredDifference::apply(sum, typename Boxes::Vec{}, gap > 0 ? gap : typename Boxes::Vec{});
      }
      Boxes::store(bounds + j, sum);
    }
    const index_t first = waiting;
    for (index_t j = 0; j < kWays; ++j) {
      if (!(bounds[j] <= worst_)) continue;
      const Waiting one{bounds[j], n.child[j], n.least[j], boxes + j};
      index_t to = waiting++;
      for (; to > first && nearer(stack_[to - 1], one); --to) stack_[to] = stack_[to - 1];
      stack_[to] = one;
    }
    return waiting;
  }

  static bool nearer(const Waiting& a, const Waiting& b) {
    return a.bound < b.bound || (a.bound == b.bound && a.least < b.least);
  }

  void finish(index_t leaf, const MatrixView<T>& squares, const MatrixView<std::int64_t>& indices) {
    for (index_t i = 0; i < kLeaf; ++i) {
      const std::int32_t own = tree_.ids_[leaf * kLeaf + i];
      if (own >= tree_.count_) continue;
      for (index_t s = 0; s < k_; ++s) {
        squares(own, s) = slot(i / W, s)[i % W];
        indices(own, s) = slot_ids(i / W, s)[i % W];
      }
    }
  }

  const KdTree& tree_;
  const index_t d_, k_;
  Buffer<T> queries_, distances_;
  Buffer<Id> ids_;
  std::array<T, kMostCoordinates> low_, high_;
  T worst_ = 0;
  std::int64_t last_ = 0;
  std::array<Waiting, kDeepest + kWays> stack_;
};

template <class T>
void KdTree<T>::nearest_by_leaves(MatrixView<T> squares, MatrixView<std::int64_t> indices) const {
  const auto with = [&](auto walk, index_t leaf) { walk.run(leaf, squares, indices); };
  const index_t k = indices.cols;
  parallel_tasks(rows_ / kLeaf, [&](index_t leaf) {
    switch (d_) {
      case 1:
        return with(LeafWalk<1>(*this, k), leaf);
      case 2:
        return with(LeafWalk<2>(*this, k), leaf);
      case 3:
        return with(LeafWalk<3>(*this, k), leaf);
      case 4:
        return with(LeafWalk<4>(*this, k), leaf);
      default:
        return with(LeafWalk<0>(*this, k), leaf);
    }
  });
}

template void KdTree<float>::nearest_by_leaves(MatrixView<float>, MatrixView<std::int64_t>) const;
template void KdTree<double>::nearest_by_leaves(MatrixView<double>, MatrixView<std::int64_t>) const;

}  // namespace mmlcore
