// W matrices of a stack as the lanes of vectors, in float64 whatever their type is, and the powers of two that bring them
// near 1.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "mmlcore/core/lanes.hpp"

namespace mmlcore {

// Element (i, j) of W items from `first` on in out[i * cols + j]; those behind the end of the stack repeat the last.
template <class T>
void load_wide(const MatrixBatch<const T>& a, index_t first, Simd<double>::Vec* out) {
  constexpr int W = Simd<double>::width;
  if constexpr (sizeof(T) == sizeof(double)) {
    load_lanes<T>(LaneGroup<const T>(a, first), out);
  } else {
    double* const flat = reinterpret_cast<double*>(out);
    for (int lane = 0; lane < W; ++lane) {
      const MatrixView<const T> item = a[std::min(first + lane, a.count() - 1)];
      detail::elements(item, [&](index_t e, index_t at) { flat[e * W + lane] = static_cast<double>(item.data[at]); });
    }
  }
}

// The way back; what lies behind the end of the stack is left out.
template <class T>
void store_wide(const MatrixBatch<T>& a, index_t first, const Simd<double>::Vec* in) {
  constexpr int W = Simd<double>::width;
  if constexpr (sizeof(T) == sizeof(double)) {
    store_lanes<T>(LaneGroup<T>(a, first), in);
  } else {
    const double* const flat = reinterpret_cast<const double*>(in);
    for (int lane = 0; lane < std::min<index_t>(W, a.count() - first); ++lane) {
      const MatrixView<T> item = a[first + lane];
      detail::elements(item, [&](index_t e, index_t at) { item.data[at] = static_cast<T>(flat[e * W + lane]); });
    }
  }
}

// Powers of two, lane by lane: a number times `down` and then `rest` has its largest size in [1/2, 1).
struct LaneScale {
  LaneScale() = default;
  using Lanes = Simd<double>;
  Lanes::Vec down, rest;  // rest is 1 where one factor does, whatever the other lanes need
  Lanes::Mask power;
  bool plain = true;  // whether all powers lie within the range of one number

  // 2^power, in the lanes whose power lies within the range of one number.
  Lanes::Vec up() const { return reinterpret_cast<Lanes::Vec>((power + 1023) << 52); }

  // Of lanes whose largest sizes are `top`.
  explicit LaneScale(Lanes::Vec top) : rest(Lanes::splat(1)) {
    power = (reinterpret_cast<Lanes::Mask>(top) >> 52) - 1022;
    power = top == 0 ? Lanes::Mask{} : power;
    const Lanes::Mask odd = (power < -1000) | (power > 1000);
    plain = !Lanes::any(odd);
    down = reinterpret_cast<Lanes::Vec>((1023 - power) << 52);
    if (plain) return;
    for (int lane = 0; lane < Lanes::width; ++lane) {
      if (!odd[lane]) continue;
      int found = 0;
      std::frexp(top[lane], &found);
      power[lane] = found;
      down[lane] = std::ldexp(1.0, -(found / 2));
      rest[lane] = std::ldexp(1.0, -(found - found / 2));
    }
  }
};

// The items of a group of V's lanes, from `first` on: where the vectors of a twin start. A second one that lies behind the
// end of the stack repeats the first.
inline index_t start_of(index_t first, int part, index_t count) {
  const index_t at = first + part * Simd<double>::width;
  return at < count ? at : first;
}

}  // namespace mmlcore
