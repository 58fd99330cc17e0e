#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/neighbors/kd_tree.hpp"
#include "shared_walk.hpp"

namespace mmlcore {
namespace {

constexpr index_t kSlots = 24, kSharedCoordinates = 4;

}  // namespace

template <class T>
template <class F>
void KdTree<T>::with_shared_walk(index_t k, index_t groups, F&& f) const {
  switch (d_) {
    case 1:
      return f(SharedWalk<1>(*this, k, groups));
    case 2:
      return f(SharedWalk<2>(*this, k, groups));
    case 3:
      return f(SharedWalk<3>(*this, k, groups));
    default:
      return f(SharedWalk<4>(*this, k, groups));
  }
}

template <class T>
bool KdTree<T>::leaves_share(index_t k) const {
  return k <= kSlots && d_ <= kSharedCoordinates;
}

// With 3 queries of a leaf (10,000 of 100,000 points) the way of several took 0.8 of the time in the plane and 0.9 to 1.0 in
// three coordinates, with 48 of a leaf 0.6 to 0.95 there. Fewer than 2 were not tried.
template <class T>
bool KdTree<T>::queries_share(index_t queries, index_t k) const {
  const index_t of_a_leaf = queries / (rows_ / kLeaf);
  return k <= kSlots / 2 && (d_ <= 2 ? of_a_leaf >= 2 : d_ == 3 && of_a_leaf >= 16);
}

template <class T>
void KdTree<T>::nearest_of_leaves(MatrixView<T> squares, MatrixView<std::int64_t> indices) const {
  constexpr index_t W = Simd<T>::width;
  parallel_tasks(rows_ / kLeaf, [&](index_t leaf) {
    with_shared_walk(indices.cols, kLeaf / W, [&](auto walk) {
      const std::int32_t* const own = ids_.data() + leaf * kLeaf;
      walk.clear();
      for (index_t i = 0; i < kLeaf; ++i) {
        walk.put(i, own[i] < count_, [&](index_t c) { return column(c)[leaf * kLeaf + i]; });
      }
      walk.template run<true>(leaf);
      for (index_t i = 0; i < kLeaf; ++i) {  // rows behind the last point of a bucket are nobody's
        if (own[i] < count_) walk.take(i, squares.row(own[i]).data, indices.row(own[i]).data);
      }
    });
  });
}

template <class T>
void KdTree<T>::nearest_in_order(MatrixView<const T> queries, MatrixView<T> squares,
                                 MatrixView<std::int64_t> indices) const {
  constexpr index_t W = Simd<T>::width, kTogether = 64;
  const index_t count = queries.rows;
  std::vector<std::pair<std::int32_t, std::int32_t>> order(static_cast<std::size_t>(count));  // leaves and queries
  parallel_ranges(count, kTogether, [&](index_t first, index_t last) {
    with_shared_walk(1, 1, [&](auto walk) {
      for (index_t i = first; i < last; ++i) {
        order[static_cast<std::size_t>(i)] = {static_cast<std::int32_t>(walk.leaf_of(queries.row(i))),
                                              static_cast<std::int32_t>(i)};
      }
    });
  });
  std::sort(order.begin(), order.end());
  parallel_ranges((count + W - 1) / W, kTogether / W, [&](index_t begin, index_t end) {
    with_shared_walk(indices.cols, 1, [&](auto walk) {
      for (index_t first = begin * W; first < std::min(end * W, count); first += W) {
        const auto* const own = order.data() + first;
        const index_t wanted = std::min(W, count - first);
        walk.clear();
        for (index_t i = 0; i < W; ++i) {
          const auto query = queries.row(own[std::min(i, wanted - 1)].second);
          walk.put(i, i < wanted, [&](index_t c) { return query[c]; });
        }
        walk.template run<false>(own[wanted / 2].first);
        for (index_t i = 0; i < wanted; ++i) {
          walk.take(i, squares.row(own[i].second).data, indices.row(own[i].second).data);
        }
      }
    });
  });
}

#define MMLCORE_INSTANTIATE(T)                                                               \
  template bool KdTree<T>::leaves_share(index_t) const;                                      \
  template bool KdTree<T>::queries_share(index_t, index_t) const;                            \
  template void KdTree<T>::nearest_of_leaves(MatrixView<T>, MatrixView<std::int64_t>) const; \
  template void KdTree<T>::nearest_in_order(MatrixView<const T>, MatrixView<T>, MatrixView<std::int64_t>) const;
MMLCORE_INSTANTIATE(float)
MMLCORE_INSTANTIATE(double)
#undef MMLCORE_INSTANTIATE

}  // namespace mmlcore
