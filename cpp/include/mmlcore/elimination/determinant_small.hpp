// The determinant of one small matrix in plain scalar code: the counterpart of solve_small.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>

#include "mmlcore/elimination/solve_small.hpp"

namespace mmlcore {

// Gaussian elimination with partial pivoting in place of a row-major n x n matrix; the pivots are left on the diagonal, up
// to the first that is zero. Returns the sign of the exchanges.
template <Real T>
T eliminate_plain(T* a, index_t n) {
  T sign = 1;
  for (index_t k = 0; k < n; ++k) {
    index_t p = k;
    for (index_t i = k + 1; i < n; ++i) {
      if (std::abs(a[i * n + k]) > std::abs(a[p * n + k])) p = i;
    }
    if (a[p * n + k] == 0) return sign;
    if (p != k) {
      sign = -sign;
      for (index_t j = k; j < n; ++j) std::swap(a[p * n + j], a[k * n + j]);
    }
    for (index_t i = k + 1; i < n; ++i) {
      const T factor = a[i * n + k] / a[k * n + k];
      for (index_t j = k + 1; j < n; ++j) a[i * n + j] -= factor * a[k * n + j];
    }
  }
  return sign;
}

// a d - b c within two roundings of its own size (W. Kahan; Jeannerod, Louvet, Muller, Math. Comp. 82, 2013): what the
// product b c loses is known, and given back. Scalars and vectors; without a fused multiply-add the plain formula.
template <class V, class Fma>
V cross(V a, V b, V c, V d, Fma&& fma) {
  const V product = b * c, lost = fma(-b, c, product);
  return fma(a, d, -product) + lost;
}

// True when `value` is the determinant; false when A holds NaN or infinity, or when the product of the pivots leaves the
// comfortable middle of the range: the general kernel then finds out more.
template <Real T>
bool determinant_small(MatrixView<const T> a, T& value) {
  const index_t n = a.rows;
  T m[kSmallOrder * kSmallOrder];
  T check = 0;
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < n; ++j) check += (m[i * n + j] = a(i, j)) * 0;
  }
  if (check != 0) return false;
  constexpr T least = sizeof(T) == 8 ? T(1e-140) : T(1e-14), most = 1 / least;
  if (n == 2) {
    const T scale = std::max(std::abs(m[0] * m[3]), std::abs(m[1] * m[2]));
    value = cross(m[0], m[1], m[2], m[3], [](T x, T y, T z) { return std::fma(x, y, z); });
    return scale > least && scale < most;
  }
  value = eliminate_plain(m, n);
  PivotRange<T> range;
  for (index_t k = 0; k < n; ++k) {
    value *= m[k * n + k];
    range.add(m[k * n + k]);
    if (!(std::abs(value) > least && std::abs(value) < most)) return false;
  }
  return range.comfortable();
}

}  // namespace mmlcore
