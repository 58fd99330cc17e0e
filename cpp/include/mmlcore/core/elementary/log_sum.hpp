// log(exp(x) + exp(y)) = m + log(1 + exp(-|x - y|)), m the larger: nothing overflows; and x log(y).
#pragma once

#include "mmlcore/core/elementary/exponential.hpp"
#include "mmlcore/core/elementary/logarithm.hpp"

namespace mmlcore::elementary {

[[gnu::always_inline]] inline Vec logaddexp(Vec x, Vec y) {
  const Vec larger = x > y ? x : y;
  const Vec apart = x == y ? Vec{} : V::abs(x - y);  // also of the same infinity
  const Vec result = larger + log1p(exp(-apart));
  return x == x ? (y == y ? result : y) : x;
}

// 0 where x is 0, whatever y is, unless NaN.
[[gnu::always_inline]] inline Vec xlogy(Vec x, Vec y) {
  const Vec result = x * log(y);
  return (x == 0) & (y == y) ? Vec{} : result;
}

}  // namespace mmlcore::elementary
