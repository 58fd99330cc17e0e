// Balancing of complex matrices in split rows (eigen/split_rows.hpp). Private to complex_pairs.cpp.
#pragma once

#include <algorithm>
#include <cmath>

#include "mmlcore/core/lane_arithmetic.hpp"
#include "mmlcore/eigen/reduction.hpp"

namespace mmlcore {

// D^-1 A D with powers of two, where a row and a column differ eightfold.
template <class T>
void balance(index_t n, PaddedRows<T> a, T* scale) {
  constexpr int rounds = 20;
  bool changed = true;
  for (int round = 0; round < rounds && changed; ++round) {
    changed = false;
    for (index_t i = 0; i < n; ++i) {
      T column = 0, row = 0;
      for (index_t j = 0; j < n; ++j) {
        if (j == i) continue;
        column += std::abs(a.row(2 * j)[i]) + std::abs(a.row(2 * j + 1)[i]);
        row += std::abs(a.row(2 * i)[j]) + std::abs(a.row(2 * i + 1)[j]);
      }
      if (!(row > 1e-200 && column > 1e-200 && (row > 8 * column || column > 8 * row))) continue;
      const int power = static_cast<int>(std::lround(0.5 * std::log2(row / column)));
      const T factor = std::ldexp(T{1}, power), back = std::ldexp(T{1}, -power);
      if (column * factor + row * back >= T(0.95) * (column + row)) continue;
      changed = true;
      scale[i] *= factor;
      for (index_t j = 0; j < n; ++j) {
        a.row(2 * i)[j] *= back;
        a.row(2 * i + 1)[j] *= back;
      }
      for (index_t j = 0; j < 2 * n; ++j) a.row(j)[i] *= factor;
    }
  }
}

// Whether there is such a row, by one pass; columns: memory for a row.
template <class T>
bool uneven(index_t n, PaddedRows<T> a, T* columns) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  const index_t whole = whole_vectors<T>(n);
  std::fill_n(columns, whole, T{0});
  for (index_t i = 0; i < 2 * n; ++i) {
    const T* const row = a.row(i);
    for (index_t c = 0; c < whole; c += W) S::store(columns + c, S::load(columns + c) + S::abs(S::load(row + c)));
  }
  for (index_t i = 0; i < n; ++i) {
    typename S::Vec sum{};
    for (index_t c = 0; c < whole; c += W) sum += S::abs(S::load(a.row(2 * i) + c)) + S::abs(S::load(a.row(2 * i + 1) + c));
    const T own = std::abs(a.row(2 * i)[i]) + std::abs(a.row(2 * i + 1)[i]);
    const T row = lane_sum<T>(sum) - own, column = columns[i] - own;
    if (row > 7 * column || column > 7 * row) return true;
  }
  return false;
}

}  // namespace mmlcore
