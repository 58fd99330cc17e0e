// Matrices of the common transformations, for columns, with y pointing up:
//
//   rotation     [[cos t, -sin t], [sin t, cos t]]           shear   I + k e_i e_j', which moves coordinate i by k times j
//   reflection   I - 2 n n' for the unit normal n (Householder's reflector, Golub and Van Loan, "Matrix computations",
//                5.1.2): symmetric, orthogonal, its own inverse
//   rotation3d   I + sin t K + 2 sin^2(t / 2) K^2, K v = n x v for the unit axis n (Rodrigues' formula; Murray, Li and
//                Sastry, "A mathematical introduction to robotic manipulation", eq. 2.14): the last factor, 1 - cos t, loses
//                nothing for small angles
//   oblique      I - s n' / (s'n): along s onto the plane with the normal n
//
// Each returns false for what is not finite, and for directions of a length whose square leaves the range or is zero: the
// caller scales them, or says what is wrong. A few dozen operations each: what they cost is the call, so `to` is contiguous.
// Rotations by many angles: rotations.hpp.
#pragma once

#include <cmath>
#include <limits>

#include "mmlcore/core/careful_length.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

template <Real T>
bool rotation(T angle, T* to) {
  const T c = std::cos(angle), s = std::sin(angle);
  to[0] = to[3] = c;
  to[1] = -s, to[2] = s;
  return std::isfinite(angle);
}

// `axis`, 0 or 1, is the coordinate that moves.
template <Real T>
bool shear(T amount, int axis, T* to) {
  to[0] = to[3] = 1;
  to[1 + axis] = amount, to[2 - axis] = 0;
  return std::isfinite(amount);
}

template <Real T>
bool reflection(VectorView<const T> normal, T* to) {
  const index_t d = normal.size;
  T squares = 0;
  for (index_t i = 0; i < d; ++i) squares += normal[i] * normal[i];
  if (!comfortable(squares)) return false;
  const T length = std::sqrt(squares);
  for (index_t i = 0; i < d; ++i) {
    const T twice = 2 * (normal[i] / length);
    for (index_t j = 0; j < d; ++j) to[i * d + j] = (i == j ? T{1} : T{0}) - twice * (normal[j] / length);
  }
  return true;
}

// False where s is parallel to the plane, too.
template <Real T>
bool oblique_projection(VectorView<const T> s, VectorView<const T> normal, T* to) {
  const index_t d = s.size;
  T along = 0, across = 0, both = 0;
  for (index_t i = 0; i < d; ++i) {
    along += s[i] * s[i];
    across += normal[i] * normal[i];
    both += s[i] * normal[i];
  }
  if (!comfortable(along) || !comfortable(across)) return false;
  const T size = std::sqrt(along) * std::sqrt(across);
  if (!(std::abs(both) > 8 * static_cast<T>(d) * std::numeric_limits<T>::epsilon() * size)) return false;
  const T cosine = both / size;
  for (index_t i = 0; i < d; ++i) {
    const T share = s[i] / std::sqrt(along) / cosine;
    for (index_t j = 0; j < d; ++j) to[i * d + j] = (i == j ? T{1} : T{0}) - share * (normal[j] / std::sqrt(across));
  }
  return true;
}

// About the axis by the angle of which these are the sine and the sine of its half.
template <Real T>
bool turn_about(VectorView<const T> axis, T sine, T half, T* to) {
  const T squares = axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2];
  if (!comfortable(squares)) return false;
  const T length = std::sqrt(squares), n[3] = {axis[0] / length, axis[1] / length, axis[2] / length};
  const T bend = 2 * half * half;
  const T turn[9] = {0, -n[2], n[1], n[2], 0, -n[0], -n[1], n[0], 0};
  // K^2 = n n' - |n|^2 I; its diagonal is written as a sum of what is not of that axis, which cancels nothing.
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      const T p = n[(i + 1) % 3], q = n[(i + 2) % 3], square = i == j ? -(p * p + q * q) : n[i] * n[j];
      to[3 * i + j] = (i == j ? T{1} : T{0}) + sine * turn[3 * i + j] + bend * square;
    }
  }
  return true;
}

template <Real T>
bool rotation3d(VectorView<const T> axis, T angle, T* to) {
  return std::isfinite(angle) && turn_about(axis, std::sin(angle), std::sin(angle / 2), to);
}

}  // namespace mmlcore
