// One number, or eight numbers of as many problems that are solved together: the kernels of this chapter are
// written for both. Eight doubles are a line of the cache, so that an edge costs eight problems one access to memory, as it
// costs one. Where the cache is what limits, the values that rows gather are kept in single precision (solver.hpp).
#pragma once

#include <algorithm>
#include <cmath>
#include <type_traits>

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"

namespace mmlcore::graph {

using Simd8 = Simd<double, 64>::Vec;

template <class V>
inline constexpr int kWidth = static_cast<int>(sizeof(V) / sizeof(double));

// The same numbers in single precision.
template <class V>
using Narrowed = std::conditional_t<std::is_same_v<V, double>, float, Simd<float, 32>::Vec>;

// A number in another precision.
template <class To, class From>
To as(const From& x) {
  if constexpr (std::is_same_v<To, From>) {
    return x;
  } else if constexpr (std::is_floating_point_v<To>) {
    return static_cast<To>(x);
  } else {
#if defined(__AVX512F__)  // one instruction, of which GCC 12 makes four
    if constexpr (std::is_same_v<To, Simd8>)
      return reinterpret_cast<To>(_mm512_cvtps_pd(reinterpret_cast<__m256>(x)));
    else
      return reinterpret_cast<To>(_mm512_cvtpd_ps(reinterpret_cast<__m512d>(x)));
#else
    return __builtin_convertvector(x, To);
#endif
  }
}

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
V magnitude(const V& x) {
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

// The sum of f(begin) ... f(end - 1), in parts of a fixed size: the same bits for any number of threads.
template <class V, class F>
V sum_over(index_t begin, index_t end, F&& f) {
  constexpr index_t step = index_t{1} << 13;
  const index_t tasks = (std::max<index_t>(end - begin, 0) + step - 1) / step;
  Buffer<V> parts(tasks);
  parallel_tasks(tasks, [&](index_t task) {
    V sum{};
    for (index_t i = begin + task * step, last = std::min(end, i + step); i < last; ++i) sum += f(i);
    parts[task] = sum;
  });
  V sum{};
  for (const V& part : parts) sum += part;
  return sum;
}

// Vectors over the nodes, one for each problem: row k of `data`, of which the last stands for lanes beyond `count`. Without
// data every vector is uniform.
struct NodeVectors {
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
