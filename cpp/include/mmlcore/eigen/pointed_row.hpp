// The reflection that maps a row on its last number, I - tau v v' with 1 as the last number of v: what the reductions of
// real matrices share.
#pragma once

#include <cmath>
#include <limits>

#include "mmlcore/core/lane_arithmetic.hpp"

namespace mmlcore {

// Calls f(c, mask of what lies before column k) for the vectors of a row.
template <class T, class F>
[[gnu::always_inline]] inline void each_before(index_t k, F&& f) {
  const auto lanes = lane_numbers<T>();
  for (index_t c = 0; c < k; c += Simd<T>::width) f(c, lanes < static_cast<typename Simd<T>::Int>(k - c));
}

// What is not above this is far below rounding beside entries near 1, and its digits may be lost.
template <class T>
inline constexpr T kNothing = std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon();

// The k numbers of x, of which `squares` holds the squares, become v; returns tau. off: what is in the last place then. The
// squares of the others come from the sum where the last number is no large part of it, else they are taken once more:
// nothing cancels.
template <class T>
T point_row(index_t k, T* x, typename Simd<T>::Vec squares, T& off) {
  using S = Simd<T>;
  const T last = x[k - 1], sum = lane_sum<T>(squares);
  T rest = sum - last * last;
  if (!(rest > sum / 4)) {
    squares = typename S::Vec{};
    each_before<T>(k, [&](index_t c, auto) {
      const auto part = lane_numbers<T>() < static_cast<typename S::Int>(k - 1 - c) ? S::load(x + c) : typename S::Vec{};
      squares += part * part;
    });
    rest = lane_sum<T>(squares);
  }
  off = last;
  if (rest <= kNothing<T>) {
    each_before<T>(k, [&](index_t c, auto) { S::store(x + c, typename S::Vec{}); });
    return 0;
  }
  const T size = std::sqrt(rest + last * last);
  off = last > 0 ? -size : size;
  const T scale = 1 / (last - off);
  each_before<T>(k, [&](index_t c, auto) { S::store(x + c, S::load(x + c) * scale); });
  x[k - 1] = 1;
  return (off - last) / off;
}

}  // namespace mmlcore
