// Items of 2, 3 or 4 numbers that follow one another in memory, as vectors over items and back. Item l, number k lies at
// S l + k: S vectors of memory become S vectors of lanes in 2, 6 or 8 shuffles, a third of what a transpose of a whole
// square takes.
#pragma once

#include <utility>

#include "mmlcore/core/simd.hpp"

namespace mmlcore {
namespace detail {

// Index of the source lane, of the 2 W lanes of two vectors, for lane l of the result.
template <int W, int K>
struct EverySecond {
  static constexpr int at(int l) { return 2 * l + K; }
};
template <int W, int Half>
struct Alternate {
  static constexpr int at(int l) { return l / 2 + Half * (W / 2) + (l % 2) * W; }
};
// Number K of items of three from v0, v1, and then from that and v2.
template <int W, int K>
struct ThirdsFirst {
  static constexpr int at(int l) { return 3 * l + K < 2 * W ? 3 * l + K : 0; }
};
template <int W, int K>
struct ThirdsLast {
  static constexpr int at(int l) { return 3 * l + K < 2 * W ? l : 3 * l + K - W; }
};
// Vector I of memory from o0, o1, and then from that and o2.
template <int W, int I>
struct WeaveFirst {
  static constexpr int at(int l) { return (I * W + l) % 3 == 1 ? W + (I * W + l) / 3 : (I * W + l) / 3; }
};
template <int W, int I>
struct WeaveLast {
  static constexpr int at(int l) { return (I * W + l) % 3 == 2 ? W + (I * W + l) / 3 : l; }
};

template <class Index, class Vec, class Mask, int... L>
inline Vec shuffled(Vec a, Vec b, std::integer_sequence<int, L...>) {
#if defined(__clang__) || __GNUC__ >= 12
  return __builtin_shufflevector(a, b, Index::at(L)...);
#else
  return __builtin_shuffle(a, b, Mask{Index::at(L)...});
#endif
}

}  // namespace detail

template <class T, class Index>
inline typename Simd<T>::Vec shuffle(typename Simd<T>::Vec a, typename Simd<T>::Vec b) {
  return detail::shuffled<Index, typename Simd<T>::Vec, typename Simd<T>::Mask>(
      a, b, std::make_integer_sequence<int, Simd<T>::width>{});
}

// out[k][l] = number k of item l, of the W items of S numbers at `from`.
template <class T, int S>
inline void load_short(const T* from, typename Simd<T>::Vec* out) {
  using namespace detail;
  using V = Simd<T>;
  constexpr int W = V::width;
  typename V::Vec v[S];
  for (int i = 0; i < S; ++i) v[i] = V::load(from + i * W);
  if constexpr (S == 2) {
    out[0] = shuffle<T, EverySecond<W, 0>>(v[0], v[1]);
    out[1] = shuffle<T, EverySecond<W, 1>>(v[0], v[1]);
  } else if constexpr (S == 3) {
    out[0] = shuffle<T, ThirdsLast<W, 0>>(shuffle<T, ThirdsFirst<W, 0>>(v[0], v[1]), v[2]);
    out[1] = shuffle<T, ThirdsLast<W, 1>>(shuffle<T, ThirdsFirst<W, 1>>(v[0], v[1]), v[2]);
    out[2] = shuffle<T, ThirdsLast<W, 2>>(shuffle<T, ThirdsFirst<W, 2>>(v[0], v[1]), v[2]);
  } else {
    static_assert(S == 4);
    const auto even0 = shuffle<T, EverySecond<W, 0>>(v[0], v[1]), odd0 = shuffle<T, EverySecond<W, 1>>(v[0], v[1]);
    const auto even1 = shuffle<T, EverySecond<W, 0>>(v[2], v[3]), odd1 = shuffle<T, EverySecond<W, 1>>(v[2], v[3]);
    out[0] = shuffle<T, EverySecond<W, 0>>(even0, even1);
    out[1] = shuffle<T, EverySecond<W, 0>>(odd0, odd1);
    out[2] = shuffle<T, EverySecond<W, 1>>(even0, even1);
    out[3] = shuffle<T, EverySecond<W, 1>>(odd0, odd1);
  }
}

// The way back.
template <class T, int S>
inline void store_short(T* to, const typename Simd<T>::Vec* in) {
  using namespace detail;
  using V = Simd<T>;
  constexpr int W = V::width;
  typename V::Vec v[S];
  if constexpr (S == 2) {
    v[0] = shuffle<T, Alternate<W, 0>>(in[0], in[1]);
    v[1] = shuffle<T, Alternate<W, 1>>(in[0], in[1]);
  } else if constexpr (S == 3) {
    v[0] = shuffle<T, WeaveLast<W, 0>>(shuffle<T, WeaveFirst<W, 0>>(in[0], in[1]), in[2]);
    v[1] = shuffle<T, WeaveLast<W, 1>>(shuffle<T, WeaveFirst<W, 1>>(in[0], in[1]), in[2]);
    v[2] = shuffle<T, WeaveLast<W, 2>>(shuffle<T, WeaveFirst<W, 2>>(in[0], in[1]), in[2]);
  } else {
    static_assert(S == 4);
    const auto even0 = shuffle<T, Alternate<W, 0>>(in[0], in[2]), even1 = shuffle<T, Alternate<W, 1>>(in[0], in[2]);
    const auto odd0 = shuffle<T, Alternate<W, 0>>(in[1], in[3]), odd1 = shuffle<T, Alternate<W, 1>>(in[1], in[3]);
    v[0] = shuffle<T, Alternate<W, 0>>(even0, odd0);
    v[1] = shuffle<T, Alternate<W, 1>>(even0, odd0);
    v[2] = shuffle<T, Alternate<W, 0>>(even1, odd1);
    v[3] = shuffle<T, Alternate<W, 1>>(even1, odd1);
  }
  for (int i = 0; i < S; ++i) V::store(to + i * W, v[i]);
}

}  // namespace mmlcore
