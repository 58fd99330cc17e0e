// The list of nearest points of one query. Private to this folder.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// The k nearest of one query so far, nearest first.
template <class T>
struct Nearest {
  T* distance;
  std::int64_t* index;
  index_t k;

  void clear() const {
    std::fill(distance, distance + k, std::numeric_limits<T>::infinity());
    std::fill(index, index + k, std::int64_t{-1});
  }
  T worst() const { return distance[k - 1]; }
  // Of equal distances the earlier stays in front: points come in ascending order.
  void insert(T value, std::int64_t at) {
    index_t i = k - 1;
    for (; i > 0 && distance[i - 1] > value; --i) {
      distance[i] = distance[i - 1];
      index[i] = index[i - 1];
    }
    distance[i] = value;
    index[i] = at;
  }
};

}  // namespace mmlcore
