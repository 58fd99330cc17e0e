// Columns of one matrix in whole vectors, and what reflections and rotations do with several of them at a time.
//
// One inner product of a short column is over before its sum of lanes is: that chain is longer than the arithmetic. Here W
// products run side by side, and their W sums come out of one transpose, as the W lanes of one vector, which is where the
// angles of W rotations are then computed.
#pragma once

#include "mmlcore/core/simd.hpp"

namespace mmlcore {

// `count` columns of `length` vectors each; what is behind the last entry has to be zero.
template <class T>
struct WholeColumns {
  using Vec = typename Simd<T>::Vec;
  Vec* data;
  index_t count, length;

  Vec* operator[](index_t j) const { return data + j * length; }
  T& at(index_t i, index_t j) const { return reinterpret_cast<T*>(data + j * length)[i]; }
  // Row j is column j, the zeros behind it with it.
  MatrixView<T> as_rows() const {
    const index_t entries = length * Simd<T>::width;
    return {reinterpret_cast<T*>(data), count, entries, entries, 1};
  }
  void clear() const {
    for (index_t e = 0; e < count * length; ++e) data[e] = Vec{};
  }
};

template <class T>
constexpr index_t vectors_of(index_t entries) {
  return (entries + Simd<T>::width - 1) / Simd<T>::width;
}

// Lane c of the result is the sum of the lanes of partial[c].
template <class T>
[[gnu::always_inline]] inline typename Simd<T>::Vec lane_sums(typename Simd<T>::Vec* partial) {
  transpose<T>(partial);
#pragma GCC unroll 4
  for (int half = Simd<T>::width / 2; half > 0; half /= 2) {
#pragma GCC unroll 8
    for (int c = 0; c < half; ++c) partial[c] += partial[c + half];
  }
  return partial[0];
}

// y <- y - scale (v'y) v for W columns that follow one another in memory, entries from vector `first` on. Returns the sums
// of squares of what comes out, of its first vector only the lanes in `counted`.
template <class T>
inline typename Simd<T>::Vec reflect_several(const typename Simd<T>::Vec* v, T scale, index_t first, index_t length,
                                             typename Simd<T>::Vec* y, typename Simd<T>::Mask counted) {
  using Vec = typename Simd<T>::Vec;
  constexpr int W = Simd<T>::width;
  Vec sums[W] = {};
  for (index_t e = first; e < length; ++e) {
    const Vec ve = v[e];
#pragma GCC unroll 16
    for (int c = 0; c < W; ++c) sums[c] += ve * y[c * length + e];
  }
  const Vec factors = lane_sums<T>(sums) * scale;
  Vec f[W], squares[W];
#pragma GCC unroll 16
  for (int c = 0; c < W; ++c) {
    f[c] = Simd<T>::splat(factors[c]);
    Vec& at = y[c * length + first];
    at -= f[c] * v[first];
    squares[c] = counted ? at * at : Vec{};
  }
  for (index_t e = first + 1; e < length; ++e) {
    const Vec ve = v[e];
#pragma GCC unroll 16
    for (int c = 0; c < W; ++c) {
      Vec& at = y[c * length + e];
      at -= f[c] * ve;
      squares[c] += at * at;
    }
  }
  return lane_sums<T>(squares);
}

}  // namespace mmlcore
