// Few long rows woven into many short ones, as a matrix of few columns asks for when its columns were computed side by side.
//
// A few rows without gaps by shuffles (short_items.hpp). More rows, up to a vector: squares turned in registers, each line
// stored with what is beyond its end, which the line behind it overwrites. 15,931 x 5 by 5 x 5 in float32, Fortran order,
// which ends so: 58 us with numbers one by one, 20 to 27 so.
#pragma once

#include "mmlcore/core/part_of_vector.hpp"
#include "mmlcore/core/short_items.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore::detail {

// S rows into lines of S numbers; returns how many lines were filled.
template <int S, class T, class Check>
index_t weave(const MatrixView<const T>& from, T* to, Check& check) {
  constexpr index_t W = Simd<T>::width;
  index_t j = 0;
  for (; j + W <= from.cols; j += W) {
    typename Simd<T>::Vec v[S];
#pragma GCC unroll 8
    for (int r = 0; r < S; ++r) {
      v[r] = Simd<T>::load(&from(r, j));
      check(v[r]);
    }
    store_short<T, S>(to + j * S, v);
  }
  return j;
}

// Less than W rows, which lie along `from`, into the columns of `to`, which lie side by side; returns how many columns of
// both were copied.
template <class T, class Check>
index_t interleave(const MatrixView<const T>& from, const MatrixView<T>& to, Check& check) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  const index_t m = from.rows, n = from.cols, step = to.col_stride;
  const bool dense = step == m;
  if (m < 2 || step < m) return 0;
  index_t woven = 0;
  if (dense && as_woven<T>(m, [&](auto size) { woven = weave<decltype(size)::value>(from, to.data, check); })) return woven;
  const PartOfVector<T> line(m);
  index_t j = 0;
  for (; j + W <= n && (!dense || (j + W - 1) * m + W <= n * m); j += W) {
    typename S::Vec v[W] = {};
    for (index_t r = 0; r < m; ++r) {
      v[r] = S::load(&from(r, j));
      check(v[r]);
    }
    transpose<T>(v);
    T* const at = to.data + j * step;
    if (dense) {
#pragma GCC unroll 16
      for (index_t c = 0; c < W; ++c) S::store(at + c * m, v[c]);
    } else {
#pragma GCC unroll 16
      for (index_t c = 0; c < W; ++c) line.store(at + c * step, v[c]);
    }
  }
  return j;
}

}  // namespace mmlcore::detail
