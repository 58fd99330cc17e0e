// Items of a few numbers that follow one another in memory, as vectors over items and back. Item l, number k lies at S l +
// k: S vectors of memory become S vectors of lanes in 2 (S = 2), 8 (S = 4) or else S (S - 1) shuffles, which up to kWoven
// numbers is less than the transpose of a whole square takes.
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
// Number K of items of S: what vector E of memory has of it beside what the vectors before it had; the first step takes
// vector 0's, too.
template <int W, int S, int K, int E>
struct GatherStep {
  static constexpr int at(int l) {
    const int from = S * l + K;
    return from / W == E ? W + from % W : E == 1 && from < W ? from : l;
  }
};
// Vector I of memory: what it takes of number E of the items.
template <int W, int S, int I, int E>
struct WeaveStep {
  static constexpr int at(int l) {
    const int to = I * W + l;
    return to % S == E ? W + to / S : E == 1 && to % S == 0 ? to / S : l;
  }
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

namespace detail {

template <class T, int S, int K, template <int, int, int, int> class Step, int E = 1>
[[gnu::always_inline]] inline typename Simd<T>::Vec chained(typename Simd<T>::Vec found, const typename Simd<T>::Vec* v) {
  if constexpr (E < S) {
    found = shuffle<T, Step<Simd<T>::width, S, K, E>>(found, v[E]);
    found = chained<T, S, K, Step, E + 1>(found, v);
  }
  return found;
}

template <class T, template <int, int, int, int> class Step, int... K>
[[gnu::always_inline]] inline void chain_all(const typename Simd<T>::Vec* in, typename Simd<T>::Vec* out,
                                             std::integer_sequence<int, K...>) {
  ((out[K] = chained<T, int{sizeof...(K)}, K, Step>(in[0], in)), ...);
}

}  // namespace detail

// Numbers of an item up to which this takes less than turning squares does.
template <class T>
inline constexpr int kWoven = Simd<T>::width >= 16  ? 6
                              : Simd<T>::width >= 8 ? 4
                              : Simd<T>::width >= 4 ? 3
                                                    : 1;

// Numbers of an item up to which loading them so pays as well; beyond, a square of which few lines are wanted takes less
// (2000 x 5 of float32 in lanes 11 us, by shuffles 17).
inline constexpr index_t kShortest = 4;

// Calls f with `size` as a constant where items of so many numbers are woven; else false.
template <class T, class F>
bool as_woven(index_t size, F&& f) {
  return [&]<int... D>(std::integer_sequence<int, D...>) {
    return ((size == D + 2 && (f(std::integral_constant<int, D + 2>{}), true)) || ...);
  }
  (std::make_integer_sequence<int, kWoven<T> - 1>{});
}

// out[k][l] = number k of item l, of S vectors `v` that hold W items after one another.
template <class T, int S>
[[gnu::always_inline]] inline void items_apart(const typename Simd<T>::Vec* v, typename Simd<T>::Vec* out) {
  using namespace detail;
  constexpr int W = Simd<T>::width;
  if constexpr (S == 2) {
    out[0] = shuffle<T, EverySecond<W, 0>>(v[0], v[1]);
    out[1] = shuffle<T, EverySecond<W, 1>>(v[0], v[1]);
  } else if constexpr (S == 4) {
    const auto even0 = shuffle<T, EverySecond<W, 0>>(v[0], v[1]), odd0 = shuffle<T, EverySecond<W, 1>>(v[0], v[1]);
    const auto even1 = shuffle<T, EverySecond<W, 0>>(v[2], v[3]), odd1 = shuffle<T, EverySecond<W, 1>>(v[2], v[3]);
    out[0] = shuffle<T, EverySecond<W, 0>>(even0, even1);
    out[1] = shuffle<T, EverySecond<W, 0>>(odd0, odd1);
    out[2] = shuffle<T, EverySecond<W, 1>>(even0, even1);
    out[3] = shuffle<T, EverySecond<W, 1>>(odd0, odd1);
  } else {
    chain_all<T, GatherStep>(v, out, std::make_integer_sequence<int, S>{});
  }
}

// The same of the W items of S numbers at `from`.
template <class T, int S>
[[gnu::always_inline]] inline void load_short(const T* from, typename Simd<T>::Vec* out) {
  typename Simd<T>::Vec v[S];
  for (int i = 0; i < S; ++i) v[i] = Simd<T>::load(from + i * Simd<T>::width);
  items_apart<T, S>(v, out);
}

// The way back.
template <class T, int S>
[[gnu::always_inline]] inline void store_short(T* to, const typename Simd<T>::Vec* in) {
  using namespace detail;
  using V = Simd<T>;
  constexpr int W = V::width;
  typename V::Vec v[S];
  if constexpr (S == 2) {
    v[0] = shuffle<T, Alternate<W, 0>>(in[0], in[1]);
    v[1] = shuffle<T, Alternate<W, 1>>(in[0], in[1]);
  } else if constexpr (S == 4) {
    const auto even0 = shuffle<T, Alternate<W, 0>>(in[0], in[2]), even1 = shuffle<T, Alternate<W, 1>>(in[0], in[2]);
    const auto odd0 = shuffle<T, Alternate<W, 0>>(in[1], in[3]), odd1 = shuffle<T, Alternate<W, 1>>(in[1], in[3]);
    v[0] = shuffle<T, Alternate<W, 0>>(even0, odd0);
    v[1] = shuffle<T, Alternate<W, 1>>(even0, odd0);
    v[2] = shuffle<T, Alternate<W, 0>>(even1, odd1);
    v[3] = shuffle<T, Alternate<W, 1>>(even1, odd1);
  } else {
    chain_all<T, WeaveStep>(in, v, std::make_integer_sequence<int, S>{});
  }
  for (int i = 0; i < S; ++i) V::store(to + i * W, v[i]);
}

}  // namespace mmlcore
