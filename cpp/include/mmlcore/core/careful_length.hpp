// The length of a vector whose squares overflow or vanish: numbers are brought near 1 by a power of two, which rounds
// nothing, squared, added in double, and brought back (J. L. Blue, "A portable Fortran program to find the Euclidean norm of
// a vector", ACM TOMS 4, 1978). Kernels sum squares as they are and come here for what then lies outside `comfortable`.
#pragma once

#include <cmath>
#include <limits>

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
  T top = 0;
  for (index_t j = 0; j < d; ++j) {
    const T size = std::abs(entry(j));
    if (!(size <= top)) top = size;
    if (std::isnan(top)) return top;
  }
  if (top == 0 || std::isinf(top)) return top;
  const int power = std::ilogb(top) + 1;
  double sum = 0;
  for (index_t j = 0; j < d; ++j) {
    const double x = std::ldexp(entry(j), -power);
    sum += x * x;
  }
  return squared ? static_cast<T>(std::ldexp(sum, 2 * power)) : static_cast<T>(std::ldexp(std::sqrt(sum), power));
}

}  // namespace mmlcore
