// W matrices of a stack as columns of lanes, each brought near 1 by a power of two.
#pragma once

#include "mmlcore/core/scaled_lanes.hpp"
#include "rotate_lanes.hpp"

namespace mmlcore {

// Items `first`, `first` + 1, ... as columns near 1; of wide ones the rows are the columns. scale: of each vector. False for
// NaN or infinity.
template <class T, class V>
bool load_scaled(const MatrixBatch<const T>& a, index_t first, const LaneColumns<V>& x, Simd<double>::Vec* work,
                 LaneScale* scale) {
  using Vec = Simd<double>::Vec;
  const index_t size = x.count * x.length;
  const bool wide = a.item.rows < a.item.cols;
  for (int part = 0; part < LaneTraits<V>::vectors; ++part) {
    load_wide(a, start_of(first, part, a.count()), work);
    Vec top{}, check{};
    for (index_t e = 0; e < size; ++e) {
      const Vec large = Simd<double>::abs(work[e]);
      check += work[e] * 0;
      top = large > top ? large : top;
    }
    if (Simd<double>::any(check != 0)) return false;
    scale[part] = LaneScale(top);
    for (index_t j = 0; j < x.count; ++j) {
      for (index_t i = 0; i < x.length; ++i) {
        const Vec v = work[wide ? j * x.length + i : i * x.count + j] * scale[part].down;
        lane::part(x[j][i], part) = scale[part].plain ? v : v * scale[part].rest;
      }
    }
  }
  return true;
}

}  // namespace mmlcore
