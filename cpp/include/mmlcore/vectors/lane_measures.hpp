// What pairs.hpp measures, of W pairs at once: the same sums, the same formulas. The pairs come in the lanes of vectors
// (lane_pairs.hpp), or as rows whose sums are brought into lanes (row_pairs.hpp).
#pragma once

#include <cmath>

#include "mmlcore/core/careful_length.hpp"
#include "mmlcore/core/elementary/inverse.hpp"
#include "mmlcore/core/lane_algebra.hpp"
#include "mmlcore/core/wide.hpp"
#include "mmlcore/vectors/lane_pairs.hpp"
#include "mmlcore/vectors/row_pairs.hpp"

namespace mmlcore {

struct NoLanes {};

// The lanes whose sum of squares lost nothing to overflow or underflow.
template <class T>
[[gnu::always_inline]] inline typename Simd<T>::Mask comfortable_lanes(typename Simd<T>::Vec squares) {
  constexpr T least = std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon();
  return (squares >= least) & (squares <= std::numeric_limits<T>::max());
}

// One W pairs of two stacks.
template <class T>
struct LanePair {
  using Vec = typename Simd<T>::Vec;
  static constexpr bool kPlain = true;  // terms are of the entries themselves
  const LaneItems<T>&x, &y;
  index_t d, lane;

  // terms(x_j, y_j, sums, own): `own` is a number of each pair.
  template <int K, class Terms>
  [[gnu::always_inline]] void sum(Vec (&total)[K], Terms&& terms, Vec own = Vec{}) const {
    lane_pair_sums<K>(x, y, d, lane, total, [&](auto a, auto b, auto* sums) { terms(a, b, sums, own); });
  }
};

// Each sets a number for each of W pairs, and answers which lanes it could tell.
struct InnerLanes {
  template <class T, class Pair>
  static typename Simd<T>::Mask measure(const Pair& pair, typename Simd<T>::Vec* to) {
    typename Simd<T>::Vec product[1];
    pair.template sum<1>(product, [](auto a, auto b, auto* sums, auto) { sums[0] += a * b; });
    to[0] = product[0];
    return ~typename Simd<T>::Mask{};
  }
};

struct DistanceLanes {
  template <class T, class Pair>
  static typename Simd<T>::Mask measure(const Pair& pair, typename Simd<T>::Vec* to) {
    typename Simd<T>::Vec squares[1];
    pair.template sum<1>(squares, [](auto a, auto b, auto* sums, auto) {
      const auto gap = a - b;
      sums[0] += gap * gap;
    });
    to[0] = square_root(squares[0]);
    const auto told = comfortable_lanes<T>(squares[0]);
    if constexpr (!Pair::kPlain) return told;  // images may vanish where points differ
    if (!Simd<T>::any(~told)) return told;
    typename Simd<T>::Vec unequal[1];  // equal points: zero it is
    pair.template sum<1>(unequal,
                         [](auto a, auto b, auto* sums, auto) { sums[0] += a != b ? decltype(a){} + 1 : decltype(a){}; });
    return told | (unequal[0] == 0);
  }
};

// Formula::of(<x, y>, <x, x>, <y, y>), for lanes whose squares stayed in the range.
template <class Formula>
struct ProductLanes {
  template <class T, class Pair>
  static typename Simd<T>::Mask measure(const Pair& pair, typename Simd<T>::Vec* to) {
    typename Simd<T>::Vec sums[3];
    pair.sum(sums, [](auto a, auto b, auto* add, auto) {
      add[0] += a * b;
      add[1] += a * a;
      add[2] += b * b;
    });
    to[0] = Formula::of(sums[0], sums[1], sums[2]);
    return comfortable_lanes<T>(sums[1]) & comfortable_lanes<T>(sums[2]);
  }
};

struct Cosine {
  template <class V>
  static V of(V xy, V xx, V yy) {
    const V one = V{} + 1, cosine = xy / (square_root(xx) * square_root(yy));
    return cosine > one ? one : (cosine < -one ? -one : cosine);
  }
};
struct ScalarProjection {
  template <class V>
  static V of(V xy, V, V yy) {
    return xy / square_root(yy);
  }
};
struct Share {  // what vector_projection multiplies y with
  template <class V>
  static V of(V xy, V, V yy) {
    return xy / yy;
  }
};
using CosineLanes = ProductLanes<Cosine>;
using ScalarProjectionLanes = ProductLanes<ScalarProjection>;
using ShareLanes = ProductLanes<Share>;

struct AngleLanes {
  template <class T, class Pair>
  static typename Simd<T>::Mask measure(const Pair& pair, typename Simd<T>::Vec* to) {
    using Vec = typename Simd<T>::Vec;
    Vec squares[2], sums[2];
    pair.template sum<2>(squares, [](auto a, auto b, auto* add, auto) {
      add[0] += a * a;
      add[1] += b * b;
    });
    const Vec r = square_root(squares[1]) / square_root(squares[0]);
    pair.template sum<2>(
        sums,
        [](auto a, auto b, auto* add, auto ratio) {
          const auto gap = a * ratio - b, sum = a * ratio + b;
          add[0] += gap * gap;
          add[1] += sum * sum;
        },
        r);
    const Vec less = square_root(sums[0]), more = square_root(sums[1]);
    to[0] = 2 * wide<T>(
                    [](auto y, auto x) __attribute__((always_inline)) { return elementary::arctan2(y, x); }, less, more);
    return comfortable_lanes<T>(squares[0]) & comfortable_lanes<T>(squares[1]) & comfortable_lanes<T>(sums[0]) &
           comfortable_lanes<T>(sums[1]);
  }
};

namespace detail {

// Stores what is told of the pairs i + begin to i + end, and asks by_itself for the rest.
template <class T, class F>
bool put_measures(index_t i, index_t begin, index_t end, typename Simd<T>::Vec found, typename Simd<T>::Mask told, T* out,
                  F&& by_itself) {
  if (end - begin == Simd<T>::width && !Simd<T>::any(~told)) {
    Simd<T>::store(out + i, found);
    return true;
  }
  bool fine = true;
  for (index_t k = begin; k < end; ++k) {
    if (told[k]) {
      out[i + k] = found[k];
    } else {
      fine &= by_itself(i + k);
    }
  }
  return fine;
}

}  // namespace detail

// Whether several pairs of two stacks are better taken at once.
template <class T>
bool suits_lanes(const MatrixBatch<const T>& x, const MatrixBatch<const T>& y, index_t gapped = kGappedVector) {
  return LaneItems<T>::suit(x, y, gapped) || RowPair<T>::suit(x, y);
}

// Items [first, last) of a call with one number a pair; by_itself(i) -> bool for what lanes cannot tell.
template <class T, class Measure, class F>
bool measure_lanes(const MatrixBatch<const T>& x, const MatrixBatch<const T>& y, index_t first, index_t last, T* out,
                   F&& by_itself) {
  typename Simd<T>::Vec found;
  bool fine = true;
  if (!LaneItems<T>::suit(x, y)) {
    constexpr index_t W = Simd<T>::width;
    index_t i = first;
    for (; i + W <= last; i += W) {
      const auto told = Measure::template measure<T>(RowPair<T>(x, y, i), &found);
      fine &= detail::put_measures<T>(i, 0, W, found, told, out, by_itself);
    }
    for (; i < last; ++i) fine &= by_itself(i);
    return fine;
  }
  LaneItems<T> left(x), other(y);
  LaneItems<T>& right = &x == &y ? left : other;  // a stack with itself is made ready once
  each_lanes(left, right, first, last, [&](index_t i, index_t lane, index_t begin, index_t end) {
    const auto told = Measure::template measure<T>(LanePair<T>{left, right, x.item.cols, lane}, &found);
    fine &= detail::put_measures<T>(i, begin, end, found, told, out, by_itself);
  });
  return fine;
}

}  // namespace mmlcore
