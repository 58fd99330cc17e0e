// The sign of vectors that are defined up to one: their leading entry is positive.
//
// The leading entry is the first whose size is the largest, or as large as rounding can tell: (1, -1) / sqrt(2) comes out of
// different routes with either entry larger by a rounding error, and the sign must not follow that error. The tolerance is
// far above rounding and far below what makes the choice arbitrary for vectors without ties. Where a rounding error alone
// keeps the leading entry from being the largest, that error is given to it.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

// Entries from this share of the largest on are as large.
template <Real T>
inline constexpr T kEven = 1 - 64 * std::numeric_limits<T>::epsilon();

// Entries from this share of the largest on may lead.
template <Real T>
inline constexpr T kLeading = sizeof(T) == 8 ? T(1 - 0x1p-26) : kEven<T>;

// The first entry whose size is at least this share of the largest; v.size where there is none.
template <Real T>
index_t leading_entry(VectorView<const T> v, T share) {
  T most = 0;
  for (index_t i = 0; i < v.size; ++i) most = std::max(most, std::abs(v[i]));
  index_t lead = 0;
  while (lead < v.size && !(std::abs(v[lead]) >= share * most)) ++lead;
  return lead;
}

// Turns the columns of `v`. Three passes over n k numbers, row by row.
template <Real T>
void point_columns(MatrixView<T> v) {
  if (v.row_stride == 1 && v.col_stride != 1) {  // column by column
    for (index_t j = 0; j < v.cols; ++j) {
      T* x = &v(0, j);
      T most = 0;
      for (index_t i = 0; i < v.rows; ++i) most = std::max(most, std::abs(x[i]));
      index_t lead = 0;
      while (lead < v.rows && !(std::abs(x[lead]) >= kLeading<T> * most)) ++lead;
      if (lead == v.rows) continue;
      if (std::abs(x[lead]) >= kEven<T> * most) x[lead] = std::copysign(most, x[lead]);
      if (x[lead] < 0) {
        for (index_t i = 0; i < v.rows; ++i) x[i] = -x[i];
      }
    }
    return;
  }
  Buffer<T> most(v.cols), leading(v.cols);
  for (index_t j = 0; j < v.cols; ++j) most[j] = 0;
  for (index_t i = 0; i < v.rows; ++i) {
    for (index_t j = 0; j < v.cols; ++j) most[j] = std::max(most[j], std::abs(v(i, j)));
  }
  for (index_t i = v.rows; i-- > 0;) {
    for (index_t j = 0; j < v.cols; ++j) leading[j] = std::abs(v(i, j)) >= kLeading<T> * most[j] ? v(i, j) : leading[j];
  }
  for (index_t i = 0; i < v.rows; ++i) {
    for (index_t j = 0; j < v.cols; ++j) {
      const T x = v(i, j), lead = leading[j];
      v(i, j) = lead < 0 ? -x : x;
      if (x == lead && std::abs(x) >= kEven<T> * most[j]) v(i, j) = most[j];
    }
  }
}

// Of complex columns the leading entry becomes real and positive.
template <Real T>
void point_columns(MatrixView<std::complex<T>> v) {
  Buffer<T> sizes(v.rows);
  for (index_t j = 0; j < v.cols; ++j) {
    T most = 0;
    for (index_t i = 0; i < v.rows; ++i) {
      sizes[i] = std::abs(v(i, j));  // neither overflows nor vanishes
      most = std::max(most, sizes[i]);
    }
    index_t lead = 0;
    while (lead < v.rows && !(sizes[lead] >= kLeading<T> * most)) ++lead;
    if (lead == v.rows || most == 0) continue;
    const std::complex<T> turn = std::conj(v(lead, j)) / sizes[lead];
    for (index_t i = 0; i < v.rows; ++i) {
      const T re = v(i, j).real(), im = v(i, j).imag();
      v(i, j) = {re * turn.real() - im * turn.imag(), re * turn.imag() + im * turn.real()};
    }
    v(lead, j) = sizes[lead];
  }
}

}  // namespace mmlcore
