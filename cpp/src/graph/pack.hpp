// One number, or eight numbers of as many problems that are solved together: the kernels of this chapter are written for
// both. Eight doubles are a line of the cache, so that a link costs eight problems one access to memory, as it costs one.
#pragma once

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "mmlcore/core/simd.hpp"

namespace mmlcore::graph {

using Eight = Simd<double, 64>::Vec;

template <class V>
inline constexpr int kWidth = static_cast<int>(sizeof(V) / sizeof(double));

template <class V>
double lane(const V& x, int k) {
  if constexpr (std::is_same_v<V, double>) {
    return x;
  } else {
    return x[k];
  }
}

template <class V, class F>
V make(F&& f) {
  if constexpr (std::is_same_v<V, double>) {
    return f(0);
  } else {
    V x{};
    for (int k = 0; k < kWidth<V>; ++k) x[k] = f(k);
    return x;
  }
}

template <class V>
V magnitude(V x) {
  if constexpr (std::is_same_v<V, double>) {
    return std::abs(x);
  } else {
    return Simd<double, 64>::abs(x);
  }
}

template <class V>
double largest(const V& x) {
  double most = lane(x, 0);
  for (int k = 1; k < kWidth<V>; ++k) most = std::max(most, lane(x, k));
  return most;
}

// Vectors over the nodes, one for each problem: row k of `data`, of which the last stands for lanes beyond `count`. Without
// data every vector is uniform.
struct Rows {
  const double* data = nullptr;
  index_t nodes = 0;
  int count = 1;

  explicit operator bool() const { return data != nullptr; }

  template <class V>
  V at(index_t node) const {
    if (!data) return make<V>([&](int) { return 1.0 / static_cast<double>(nodes); });
    return make<V>([&](int k) { return data[std::min(k, count - 1) * nodes + node]; });
  }
};

}  // namespace mmlcore::graph
