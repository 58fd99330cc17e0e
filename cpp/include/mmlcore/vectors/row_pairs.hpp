// W pairs of vectors of medium length that lie in rows: sums along the rows, kGroup pairs beside each other, which then
// become one vector with a pair in each lane (core/lane_sums.hpp). A pair by itself waits for its own sum of lanes, its root
// and its quotient: cosines of 878 x 48 took 57 us, and take 10.
//
// One chain of vectors for each sum, up to kDotBlock entries: the error grows with d / W units.
#pragma once

#include <algorithm>

#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/lane_sums.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

template <class T>
class RowPair {
 public:
  using S = Simd<T>;
  using Vec = typename S::Vec;
  static constexpr bool kPlain = true;  // terms are of the entries themselves
  static constexpr int W = S::width, kGroup = std::min(kVectorBytes == 64 ? 8 : 4, W);

  // The pairs `first` ... `first` + W - 1.
  RowPair(const MatrixBatch<const T>& x, const MatrixBatch<const T>& y, index_t first)
      : d_(x.item.cols),
        x_(x.item.data + first * x.batch.stride()),
        y_(y.item.data + first * y.batch.stride()),
        x_step_(x.batch.stride()),
        y_step_(y.batch.stride()) {}

  static bool suit(const MatrixBatch<const T>& x, const MatrixBatch<const T>& y) {
    const index_t d = x.item.cols;
    const auto in_rows = [](const MatrixBatch<const T>& s) { return s.batch.uniform() && s.item.col_stride == 1; };
    return d >= W && d <= kDotBlock && std::max(x.count(), y.count()) >= 2 * W && in_rows(x) && in_rows(y);
  }

  // terms(x_j, y_j, sums, own): `own` is a number of each pair.
  template <int K, class Terms>
  [[gnu::always_inline]] void sum(Vec (&total)[K], Terms&& terms, Vec own = Vec{}) const {
    Vec sums[K][W];
    for (int group = 0; group < W; group += kGroup) {
      Vec part[kGroup][K] = {};
      const T *const x = x_ + group * x_step_, *const y = y_ + group * y_step_;
      const auto add = [&](index_t j, auto&& masked) __attribute__((always_inline)) {
#pragma GCC unroll 8
        for (int r = 0; r < kGroup; ++r) {
          terms(masked(S::load(x + r * x_step_ + j)), masked(S::load(y + r * y_step_ + j)), part[r], own[group + r]);
        }
      };
      index_t j = 0;
      for (; j + W <= d_; j += W) add(j, [](Vec v) { return v; });
      if (j < d_) {  // a last vector that overlaps, with zeros in both factors where it does
        typename S::Mask fresh;
        for (int l = 0; l < W; ++l) fresh[l] = d_ - W + l >= j ? -1 : 0;
        add(d_ - W, [=](Vec v) { return reinterpret_cast<Vec>(reinterpret_cast<typename S::Mask>(v) & fresh); });
      }
      for (int r = 0; r < kGroup; ++r) {
        for (int k = 0; k < K; ++k) sums[k][group + r] = part[r][k];
      }
    }
    for (int k = 0; k < K; ++k) total[k] = sums_of_lanes<T>(sums[k]);
  }

 private:
  index_t d_;
  const T *x_, *y_;
  index_t x_step_, y_step_;
};

}  // namespace mmlcore
