// The length of a vector whose squares overflow or vanish: numbers are brought near 1 by a power of two, which rounds
// nothing, squared, added in double, and brought back (J. L. Blue, "A portable Fortran program to find the Euclidean norm of
// a vector", ACM TOMS 4, 1978). Kernels sum squares as they are and come here for what then lies outside `comfortable`.
// Eigen's stableNorm is no slower, but rounds its scale, and adds float32 squares in float32.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/chains.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

// Whether a sum of squares lost nothing to overflow or underflow; false for 0 and NaN.
template <Real T>
bool comfortable(T squares) {
  constexpr T least = std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon();
  return bool((squares >= least) & (squares <= std::numeric_limits<T>::max()));  // no branch: loops become vectors
}

// sqrt(sum of entry(j)^2), j < d, or its square. NaN stays, and infinity.
template <Real T, class F>
T careful_length(index_t d, F&& entry, bool squared = false) {
  T tops[4] = {};  // chains that overlap; a NaN is never larger
  for (index_t j = 0; j < d; ++j) {
    const T size = std::abs(entry(j));
    tops[j % 4] = size > tops[j % 4] ? size : tops[j % 4];
  }
  const T top = *std::max_element(tops, tops + 4);
  if (top == 0 || std::isinf(top)) {
    for (index_t j = 0; j < d; ++j) {
      if (std::isnan(entry(j))) return entry(j);
    }
    return top;
  }
  // In two factors: the whole power may not be a number.
  const int power = std::ilogb(top) + 1, part = power / 2;
  const double down = std::ldexp(1.0, -part), rest = std::ldexp(1.0, part - power);
  const double sum = sum_in_chains<double>(d, [&](index_t j) {
    const double x = entry(j) * down * rest;
    return x * x;
  });
  return squared ? static_cast<T>(std::ldexp(sum, 2 * power)) : static_cast<T>(std::ldexp(std::sqrt(sum), power));
}

// The length of a contiguous vector, whatever its squares do.
template <Real T>
T safe_length(const T* x, index_t n) {
  const T squares = dot(x, x, n);
  return comfortable(squares) ? std::sqrt(squares) : careful_length<T>(n, [=](index_t j) { return x[j]; });
}

}  // namespace mmlcore
