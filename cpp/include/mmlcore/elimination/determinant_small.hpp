// The determinant of one small matrix in plain scalar code: the counterpart of solve_small.hpp.
#pragma once

#include <algorithm>
#include <cmath>

#include "mmlcore/elimination/eliminate_rows.hpp"
#include "mmlcore/elimination/solve_small.hpp"

namespace mmlcore {

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
  value = eliminate_rows(c_order(m, n, n));
  PivotRange<T> range;
  for (index_t k = 0; k < n; ++k) {
    value *= m[k * n + k];
    range.add(m[k * n + k]);
    if (!(std::abs(value) > least && std::abs(value) < most)) return false;
  }
  return range.comfortable();
}

}  // namespace mmlcore
