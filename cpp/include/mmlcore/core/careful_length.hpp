// The length of a vector whose squares overflow or vanish. Kernels sum squares as they are and come here for what then lies
// outside `comfortable`.
//
// Squares of float32 are taken in double, where all of them are normal numbers. In double each number is squared twice,
// times 2^-540 and times 2^600, which rounds nothing: one of the two sums has lost nothing but what the other numbers drown,
// whatever overflows or vanishes in the other, unless all lies in the middle, where squares can be taken as they are (the
// accumulators of J. L. Blue, "A portable Fortran program to find the Euclidean norm of a vector", ACM TOMS 4, 1978,
// without his branches). `safe_length`, which sums squares first, is 1.4 to 2.5 times as fast as Eigen's stableNorm where
// that suffices. What lies beyond the range takes three times as long as there (float32: as long; bench/cpp, "length"), for
// what stableNorm cannot: entries by a function, differences and strides; a scale that rounds nothing; float32 sums in
// float64.
#pragma once

#include <cmath>
#include <limits>

#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

// Whether a sum of squares lost nothing to overflow or underflow; false for 0 and NaN.
template <Real T>
bool comfortable(T squares) {
  constexpr T least = std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon();
  return bool((squares >= least) & (squares <= std::numeric_limits<T>::max()));  // no branch: loops become vectors
}

namespace detail {

template <int K>
struct ScaledSums {
  double sums[K];
};

// The sums of (factors[k] entry(j))^2, in double.
template <int K, class F>
ScaledSums<K> scaled_squares(index_t d, F&& entry, const double (&factors)[K]) {
  using S = Simd<double>;
  constexpr index_t W = S::width;
  ScaledSums<K> result{};
  index_t j = 0;
  if (d >= W) {
    typename S::Vec even[K] = {}, odd[K] = {};
    const auto add = [&](index_t at, typename S::Vec* to) {
      typename S::Vec x;
      for (index_t k = 0; k < W; ++k) x[k] = entry(at + k);
      for (int k = 0; k < K; ++k) to[k] += (x * factors[k]) * (x * factors[k]);
    };
    for (; j + 2 * W <= d; j += 2 * W) {
      add(j, even);
      add(j + W, odd);
    }
    if (j + W <= d) {
      add(j, even);
      j += W;
    }
    for (int k = 0; k < K; ++k) result.sums[k] = S::sum(even[k] + odd[k]);
  }
  for (; j < d; ++j) {
    const double x = entry(j);
    for (int k = 0; k < K; ++k) result.sums[k] += (x * factors[k]) * (x * factors[k]);
  }
  return result;
}

}  // namespace detail

// sqrt(sum of entry(j)^2), j < d, or its square. NaN stays, and infinity.
template <Real T, class F>
T careful_length(index_t d, F&& entry, bool squared = false) {
  // The scale goes in two factors: its square is not always a number.
  const auto length = [=](double sum, double back) {
    return static_cast<T>(squared ? sum * back * back : std::sqrt(sum) * back);
  };
  if constexpr (sizeof(T) == 8) {
    const auto [sums] = detail::scaled_squares(d, entry, {0x1p-540, 0x1p600});
    if (sums[0] >= 0x1p-900) return length(sums[0], 0x1p540);   // what vanishes here is nothing beside it
    if (sums[1] <= 0x1p1000) return length(sums[1], 0x1p-600);  // subnormal numbers times 2^600 have normal squares
  }
  return length(detail::scaled_squares(d, entry, {1.0}).sums[0], 1);
}

// The length of a contiguous vector, whatever its squares do.
template <Real T>
T safe_length(const T* x, index_t n) {
  const T squares = dot(x, x, n);
  return comfortable(squares) ? std::sqrt(squares) : careful_length<T>(n, [=](index_t j) { return x[j]; });
}

}  // namespace mmlcore
