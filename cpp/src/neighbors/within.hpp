// What lies within a distance, query by query, and lists of several tasks made one. Private to this folder.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/neighbors/points_within.hpp"

namespace mmlcore {

// All that is offered within a distance of one query.
template <class T>
class Within {
 public:
  using S = Simd<T>;

  explicit Within(T radius)
      : radius_(radius),
        bound_(std::min(radius * radius * (1 + 4 * std::numeric_limits<T>::epsilon()) + std::numeric_limits<T>::denorm_min(),
                        std::numeric_limits<T>::max())) {}

  T worst() const { return bound_; }
  std::int64_t last() const { return std::numeric_limits<std::int64_t>::max(); }
  void offer(T square, std::int64_t index) {
    const T distance = std::sqrt(square);
    if (distance <= radius_) found_.emplace_back(distance, index);
  }
  void trim() const {}
  // Squares side by side, read in whole vectors, of the points `first` onwards.
  void offer_all(const T* squares, index_t count, std::int64_t first) {
    for (index_t i = 0; i < count; i += S::width) {
      unsigned near = S::bits(S::load(squares + i) <= S::splat(bound_));
      if (count - i < S::width) near &= (1u << (count - i)) - 1;
      for (; near != 0; near &= near - 1) {
        const int j = std::countr_zero(near);
        offer(squares[i + j], first + i + j);
      }
    }
  }

  // Puts what was found in order behind `list`, and is empty again; returns how many these were.
  std::int64_t move_to(std::vector<std::pair<T, std::int64_t>>& list) {
    std::sort(found_.begin(), found_.end());
    list.insert(list.end(), found_.begin(), found_.end());
    const auto count = static_cast<std::int64_t>(found_.size());
    found_.clear();
    return count;
  }

 private:
  T radius_, bound_;
  std::vector<std::pair<T, std::int64_t>> found_;
};

// The results of `count` queries, `together` of them a task: each(first, end, list, counts) adds what it finds to the list,
// and tells how many points each of its queries has.
template <class T, class F>
PointsWithin<T> within_by_tasks(index_t count, index_t together, F&& each) {
  const index_t tasks = (count + together - 1) / together;
  std::vector<std::vector<std::pair<T, std::int64_t>>> found(tasks);
  PointsWithin<T> result;
  result.offsets.assign(count + 1, 0);
  std::int64_t* const counts = result.offsets.data() + 1;
  parallel_tasks(tasks,
                 [&](index_t task) { each(task * together, std::min(count, (task + 1) * together), found[task], counts); });
  for (index_t i = 0; i < count; ++i) result.offsets[i + 1] += result.offsets[i];
  result.distances.resize(result.offsets[count]);
  result.indices.resize(result.offsets[count]);
  parallel_tasks(tasks, [&](index_t task) {
    index_t to = result.offsets[task * together];
    for (const auto& [distance, index] : found[task]) {
      result.distances[to] = distance;
      result.indices[to++] = index;
    }
  });
  return result;
}

}  // namespace mmlcore
