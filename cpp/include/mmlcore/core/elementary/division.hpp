// Whole quotients and their remainders, as numpy has them, number by number.
//
// The remainder of fmod is exact, and so the quotient follows from it: floor(x / y) itself is one too large where x / y is
// rounded up to a whole number, as for 1 / 0.1.
#pragma once

#include <cmath>

namespace mmlcore::elementary {

// The remainder with the sign of y.
template <class T>
inline T remainder(T x, T y) {
  const T rest = std::fmod(x, y);
  if (y == 0 || rest != rest) return rest;
  if (rest == 0) return std::copysign(T{0}, y);
  return (y < 0) != (rest < 0) ? rest + y : rest;
}

template <class T>
inline T floor_divide(T x, T y) {
  if (y == 0) return x / y;
  const T rest = std::fmod(x, y);
  T quotient = (x - rest) / y;
  if (rest != 0 && (y < 0) != (rest < 0)) quotient -= 1;
  if (quotient == 0) return std::copysign(T{0}, x / y);
  const T whole = std::floor(quotient);
  return quotient - whole > T(0.5) ? whole + 1 : whole;
}

}  // namespace mmlcore::elementary
