// What pairs.hpp measures, of a pair in each lane (lane_pairs.hpp): the same sums, the same formulas.
#pragma once

#include <cmath>

#include "mmlcore/core/careful_length.hpp"
#include "mmlcore/core/lane_algebra.hpp"
#include "mmlcore/vectors/lane_pairs.hpp"

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
  const LaneItems<T>&x, &y;
  index_t d, lane;

  template <int K, class Terms>
  [[gnu::always_inline]] void sum(typename Simd<T>::Vec (&total)[K], Terms&& terms) const {
    lane_pair_sums<K>(x, y, d, lane, total, terms);
  }
};

// Each sets a number for each of W pairs, and answers which lanes it could tell.
struct DistanceLanes {
  template <class T>
  static typename Simd<T>::Mask measure(const LanePair<T>& pair, typename Simd<T>::Vec* to) {
    typename Simd<T>::Vec squares[1];
    pair.template sum<1>(squares, [](auto a, auto b, auto* sums) {
      const auto gap = a - b;
      sums[0] += gap * gap;
    });
    to[0] = square_root(squares[0]);
    return comfortable_lanes<T>(squares[0]);
  }
};

// Formula::of(<x, y>, <x, x>, <y, y>), for lanes whose squares stayed in the range.
template <class Formula>
struct ProductLanes {
  template <class T>
  static typename Simd<T>::Mask measure(const LanePair<T>& pair, typename Simd<T>::Vec* to) {
    typename Simd<T>::Vec sums[3];
    pair.sum(sums, [](auto a, auto b, auto* add) {
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
  template <class T>
  static typename Simd<T>::Mask measure(const LanePair<T>& pair, typename Simd<T>::Vec* to) {
    using Vec = typename Simd<T>::Vec;
    Vec squares[2], sums[2];
    pair.template sum<2>(squares, [](auto a, auto b, auto* add) {
      add[0] += a * a;
      add[1] += b * b;
    });
    const Vec r = square_root(squares[1]) / square_root(squares[0]);
    pair.template sum<2>(sums, [r](auto a, auto b, auto* add) {
      const auto gap = a * r - b, sum = a * r + b;
      add[0] += gap * gap;
      add[1] += sum * sum;
    });
    const Vec less = square_root(sums[0]), more = square_root(sums[1]);
    for (int k = 0; k < Simd<T>::width; ++k) to[0][k] = 2 * std::atan2(less[k], more[k]);
    return comfortable_lanes<T>(squares[0]) & comfortable_lanes<T>(squares[1]) & comfortable_lanes<T>(sums[0]) &
           comfortable_lanes<T>(sums[1]);
  }
};

// Items [first, last) of a call with one number a pair; by_itself(i) -> bool for what lanes cannot tell.
template <class T, class Measure, class F>
bool measure_lanes(const MatrixBatch<const T>& x, const MatrixBatch<const T>& y, index_t first, index_t last, T* out,
                   F&& by_itself) {
  LaneItems<T> left(x), right(y);
  bool fine = true;
  each_lanes(left, right, first, last, [&](index_t i, index_t lane, index_t lanes) {
    typename Simd<T>::Vec found;
    const auto told = Measure::template measure<T>(LanePair<T>{left, right, x.item.cols, lane}, &found);
    if (lanes == Simd<T>::width && !Simd<T>::any(~told)) return Simd<T>::store(out + i, found);
    for (index_t k = 0; k < lanes; ++k) {
      if (told[k]) {
        out[i + k] = found[k];
      } else {
        fine &= by_itself(i + k);
      }
    }
  });
  return fine;
}

}  // namespace mmlcore
