#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include "boxes.hpp"
#include "candidates.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/matrices/register_tile.hpp"
#include "mmlcore/neighbors/kd_tree.hpp"
#include "within.hpp"

namespace mmlcore {
namespace {

constexpr index_t kTogether = 64;  // queries of a task
constexpr std::int64_t kNoPoint = -1;

}  // namespace

// One query's way through the tree. D coordinates, or 0 where the compiler does not know their number.
template <class T>
template <int D>
class KdTree<T>::Walk {
 public:
  using S = Simd<T>;

  explicit Walk(const KdTree& tree) : tree_(tree), d_(D ? D : tree.d_) {}

  void start(VectorView<const T> query) {
    for (index_t c = 0; c < d_; ++c) query_[c] = query[c];
  }
  void start_at(index_t row) {
    for (index_t c = 0; c < d_; ++c) query_[c] = tree_.column(c)[row];
  }
  index_t scanned() const { return scanned_; }  // leaves, of all queries

  // Offers what may be near: list.worst() and list.last() say what need not come. Boxes that are nearer come first.
  template <class List>
  void run(List& list, std::int64_t own) {
    index_t waiting = 0;
    stack_[waiting++] = {T{0}, tree_.root_, 0};
    while (waiting > 0) {
      const Waiting next = stack_[--waiting];
      if (next.bound > list.worst() || (next.bound == list.worst() && next.least >= list.last())) continue;
      if (next.child < 0) {
        scan(~next.child, list, own);
      } else {
        waiting = open(next.child, list.worst(), waiting);
      }
    }
  }

 private:
  struct Waiting {
    T bound;
    std::int32_t child, least;
  };

  // The children that may be near, the nearest on top of those that wait.
  index_t open(index_t node, T worst, index_t waiting) {
    const Node& n = tree_.nodes_[node];
    alignas(64) T bounds[kWays];
    boxes::find_bounds<kWays>(tree_.boxes_of(node), d_, query_.data(), query_.data(), bounds);
    const index_t first = waiting;
    for (index_t j = 0; j < kWays; ++j) {
      stack_[waiting] = {bounds[j], n.child[j], n.least[j]};
      waiting += bounds[j] <= worst;
    }
    for (index_t i = first + 1; i < waiting; ++i) {
      const Waiting one = stack_[i];
      index_t to = i;
      for (; to > first && boxes::nearer(stack_[to - 1], one); --to) stack_[to] = stack_[to - 1];
      stack_[to] = one;
    }
    return waiting;
  }

  template <class List>
  void scan(index_t leaf, List& list, std::int64_t own) {
    const index_t first = leaf * kLeaf;
    ++scanned_;
    alignas(64) T squares[kLeaf];
    const auto worst = S::splat(list.worst());
    unsigned near = 0;
    for (index_t j = 0; j < kLeaf; j += S::width) {
      typename S::Vec sum{};
      for (index_t c = 0; c < d_; ++c)
        sum = update::SquaredDifference::apply(sum, S::load(tree_.column(c) + first + j), S::splat(query_[c]));
      S::store(squares + j, sum);
      near |= S::bits(sum <= worst) << j;
    }
    for (; near != 0; near &= near - 1) {
      const int j = std::countr_zero(near);
      const std::int32_t id = tree_.ids_[first + j];
      if (id != own) list.offer(squares[j], id);
    }
    list.trim();
  }

  const KdTree& tree_;
  const index_t d_;
  index_t scanned_ = 0;
  std::array<T, kMostCoordinates> query_;
  std::array<Waiting, kDeepest + kWays> stack_;
};

template <class T>
template <class F>
void KdTree<T>::with_walk(F&& f) const {
  switch (d_) {
    case 1:
      return f(Walk<1>(*this));
    case 2:
      return f(Walk<2>(*this));
    case 3:
      return f(Walk<3>(*this));
    case 4:
      return f(Walk<4>(*this));
    default:
      return f(Walk<0>(*this));
  }
}

template <class T>
void KdTree<T>::nearest(MatrixView<const T> queries, MatrixView<T> squares, MatrixView<std::int64_t> indices) const {
  const index_t count = queries.rows, k = indices.cols;
  if (queries_share(count, k)) return nearest_in_order(queries, squares, indices);
  parallel_tasks((count + kTogether - 1) / kTogether, [&](index_t task) {
    with_walk([&](auto walk) {
      Candidates<T> list(k, kLeaf);
      for (index_t i = task * kTogether; i < std::min(count, (task + 1) * kTogether); ++i) {
        walk.start(queries.row(i));
        list.clear(std::numeric_limits<T>::max());
        walk.run(list, kNoPoint);
        list.finish(squares.row(i).data, indices.row(i).data);
      }
    });
  });
}

template <class T>
void KdTree<T>::nearest_of_own(MatrixView<T> squares, MatrixView<std::int64_t> indices) const {
  const index_t k = indices.cols;
  if (leaves_share(k)) return nearest_of_leaves(squares, indices);
  parallel_tasks((rows_ + kTogether - 1) / kTogether, [&](index_t task) {
    with_walk([&](auto walk) {
      Candidates<T> list(k, kLeaf);
      for (index_t row = task * kTogether; row < std::min(rows_, (task + 1) * kTogether); ++row) {
        const std::int32_t own = ids_[row];
        if (own >= count_) continue;
        walk.start_at(row);
        list.clear(std::numeric_limits<T>::max());
        walk.run(list, own);
        list.finish(squares.row(own).data, indices.row(own).data);
      }
    });
  });
}

template <class T>
double KdTree<T>::leaves_of_a_query(index_t k) const {
  constexpr index_t kAsked = 32;
  index_t asked = 0, scanned = 0;
  with_walk([&](auto walk) {
    Candidates<T> list(k, kLeaf);
    for (index_t i = 0; i < kAsked; ++i) {
      const index_t row = i * rows_ / kAsked;
      if (ids_[row] >= count_) continue;
      walk.start_at(row);
      list.clear(std::numeric_limits<T>::max());
      walk.run(list, ids_[row]);
      ++asked;
    }
    scanned = walk.scanned();
  });
  return static_cast<double>(scanned) / static_cast<double>(std::max<index_t>(asked, 1));
}

template <class T>
PointsWithin<T> KdTree<T>::within(MatrixView<const T> queries, T radius) const {
  return within_by_tasks<T>(queries.rows, kTogether, [&](index_t first, index_t end, auto& found, std::int64_t* counts) {
    with_walk([&](auto walk) {
      Within<T> list(radius);
      for (index_t i = first; i < end; ++i) {
        walk.start(queries.row(i));
        walk.run(list, kNoPoint);
        counts[i] = list.move_to(found);
      }
    });
  });
}

template void KdTree<float>::nearest(MatrixView<const float>, MatrixView<float>, MatrixView<std::int64_t>) const;
template void KdTree<double>::nearest(MatrixView<const double>, MatrixView<double>, MatrixView<std::int64_t>) const;
template void KdTree<float>::nearest_of_own(MatrixView<float>, MatrixView<std::int64_t>) const;
template void KdTree<double>::nearest_of_own(MatrixView<double>, MatrixView<std::int64_t>) const;
template double KdTree<float>::leaves_of_a_query(index_t) const;
template double KdTree<double>::leaves_of_a_query(index_t) const;
template PointsWithin<float> KdTree<float>::within(MatrixView<const float>, float) const;
template PointsWithin<double> KdTree<double>::within(MatrixView<const double>, double) const;

}  // namespace mmlcore
