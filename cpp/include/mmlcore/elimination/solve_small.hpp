// One small system A X = B, n <= kSmallOrder, in plain scalar code: no scratch memory, no blocking, no threads. For the
// single 3 x 3 system whose cost is otherwise all overhead.
//
// Gaussian elimination with partial pivoting on a copy of [A B] on the stack, then back substitution by division.
#pragma once

#include <cmath>
#include <utility>

#include "mmlcore/core/views.hpp"
#include "mmlcore/elimination/equilibrate.hpp"

namespace mmlcore {

inline constexpr index_t kSmallOrder = 12, kSmallColumns = 8;

// True when the system was solved; false when A or B holds NaN or infinity, a pivot is zero or near the ends of the range,
// or X overflows: the caller then lets the general kernel find out which, and say so. `x` is n x k, contiguous.
template <Real T>
bool solve_small(MatrixView<const T> a, MatrixView<const T> b, T* x) {
  const index_t n = a.rows, k = b.cols;
  T m[kSmallOrder][kSmallOrder + kSmallColumns];
  T check = 0;
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < n; ++j) check += (m[i][j] = a(i, j)) * 0;
    for (index_t c = 0; c < k; ++c) check += (m[i][n + c] = b(i, c)) * 0;
  }
  PivotRange<T> range;
  for (index_t s = 0; s < n; ++s) {
    index_t p = s;
    for (index_t i = s + 1; i < n; ++i) {
      if (std::abs(m[i][s]) > std::abs(m[p][s])) p = i;
    }
    range.add(m[p][s]);
    if (p != s) {
      for (index_t j = s; j < n + k; ++j) std::swap(m[p][j], m[s][j]);
    }
    for (index_t i = s + 1; i < n; ++i) {
      const T factor = m[i][s] / m[s][s];
      for (index_t j = s + 1; j < n + k; ++j) m[i][j] -= factor * m[s][j];
    }
  }
  if (!range.comfortable()) return false;
  for (index_t i = n - 1; i >= 0; --i) {
    for (index_t c = 0; c < k; ++c) {
      T v = m[i][n + c];
      for (index_t j = i + 1; j < n; ++j) v -= m[i][j] * x[j * k + c];
      x[i * k + c] = v / m[i][i];
      check += x[i * k + c] * 0;
    }
  }
  return check == 0;
}

}  // namespace mmlcore
