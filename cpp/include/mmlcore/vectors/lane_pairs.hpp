// Pairs of vectors of two stacks, W pairs at a time, a pair in each lane: for short vectors, whose own W entries would leave
// lanes empty and whose sums across a vector cost more than their products, and for stacks whose items lie side by side.
//
// Some items at a time become columns, entry j of all of them one after the other: through a transposing copy, or as they
// lie in Fortran order. One vector for all items is spread over a vector's lanes. Sums go in chains of 32 terms, which are
// added: the error grows with 32 + d / 32 units.
//
// Measured beside a pair at a time (straight_rows.hpp): cosines of 6340 x 5 float32 with gaps in 170 us, 40 here; of
// 1640 x 131 in Fortran order 350 and 110.
#pragma once

#include <algorithm>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

// Entries up to which contiguous vectors go in lanes, too; beyond, row_pairs.hpp.
template <class T>
inline constexpr index_t kShortVector = Simd<T>::width;

// Entries up to which vectors with gaps between their numbers do; products alone, up to 64 bytes of them. AVX2, float64:
// cosines of 2400 x 5 in 28 us instead of 205, of 250 x 48 in 17 instead of 33; inner products of 1000 x 12 in 19 instead
// of 16.
inline constexpr index_t kGappedVector = 48;
template <class T>
inline constexpr index_t kGappedProduct = 64 / sizeof(T);

// The items of one stack.
template <class T>
class LaneItems {
 public:
  using V = Simd<T>;
  static constexpr index_t W = V::width;

  // Items that are made ready at once: their copies stay in the first-level cache (inner products of 49 x 133, one in
  // Fortran order: 7 us with 128 always, 2 so).
  static index_t block(index_t d) { return std::clamp<index_t>(2048 / (d + 1) / W * W, W, 128); }

  explicit LaneItems(const MatrixBatch<const T>& x)
      : x_(x), d_(x.item.cols), block_(block(d_)), one_(x.batch.uniform() && x.batch.stride() == 0) {
    const bool direct = x.batch.uniform() && x.batch.stride() == 1;
    if (one_) {
      memory_ = Buffer<T>(d_ * W);
      for (index_t j = 0; j < d_; ++j) std::fill_n(memory_.data() + j * W, W, x.item.data[j * x.item.col_stride]);
    }
    direct_ = direct && !one_;
  }

  // Whether a stack is better taken so; `other`: it goes with another one.
  static bool suit(const MatrixBatch<const T>& x, const MatrixBatch<const T>& other, index_t gapped = kGappedVector) {
    const index_t d = x.item.cols;
    if (d == 0 || std::max(x.count(), other.count()) < 2 * W) return false;
    const auto beside = [](const MatrixBatch<const T>& s) {
      return s.batch.axes == 1 && s.batch.stride() == 1 && s.item.col_stride != 1;
    };
    // What lies neither in rows nor side by side is copied number by number: no longer than it has to be.
    const auto moves = [&](const MatrixBatch<const T>& s) {
      return s.item.col_stride == 1 || beside(s) || (s.batch.uniform() && s.batch.stride() == 0);
    };
    if (d <= kShortVector<T> || ((beside(x) || beside(other)) && moves(x) && moves(other))) return true;
    const auto has_gaps = [](const MatrixBatch<const T>& s) { return s.item.col_stride != 1 || !s.batch.uniform(); };
    return d <= gapped && (has_gaps(x) || has_gaps(other));
  }

  // Makes ready the items from `first` on, at most block(d); lanes behind the last hold copies of the last.
  void take(index_t first, index_t count) {
    if (one_) return;
    if (direct_ && count % W == 0) {
      at_ = x_.item.data + first;
      stride_ = x_.item.col_stride;
      return;
    }
    if (memory_.size() == 0) memory_ = Buffer<T>(d_ * block_);  // a range of a stack of whole vectors may end within one
    T* const to = memory_.data();
    if (x_.batch.uniform()) {
      const index_t step = x_.batch.stride();
      copy<T>(MatrixView<const T>{x_.item.data + first * step, count, d_, step, x_.item.col_stride},
              MatrixView<T>{to, count, d_, 1, block_});
    } else {
      for (index_t k = 0; k < count; ++k) {
        const T* from = x_.item.data + x_.batch.offset(first + k);
        for (index_t j = 0; j < d_; ++j) to[j * block_ + k] = from[j * x_.item.col_stride];
      }
    }
    for (index_t k = count; k % W != 0; ++k) {
      for (index_t j = 0; j < d_; ++j) to[j * block_ + k] = to[j * block_ + count - 1];
    }
    at_ = to;
    stride_ = block_;
  }

  index_t size() const { return d_; }

  // Entry j of the items `lane`, `lane` + 1, ... of those made ready.
  [[gnu::always_inline]] typename V::Vec entry(index_t j, index_t lane) const {
    return one_ ? V::load(memory_.data() + j * W) : V::load(at_ + j * stride_ + lane);
  }

 private:
  const MatrixBatch<const T>& x_;
  index_t d_, block_, stride_ = 0;
  bool one_, direct_ = false;
  const T* at_ = nullptr;
  Buffer<T> memory_;
};

// Sums over the entries of a pair in each lane of what terms(x_j, y_j, sums) adds.
template <int K, class T, class Terms>
[[gnu::always_inline]] inline void lane_pair_sums(const LaneItems<T>& x, const LaneItems<T>& y, index_t d, index_t lane,
                                                  typename Simd<T>::Vec (&total)[K], Terms&& terms) {
  for (int k = 0; k < K; ++k) total[k] = typename Simd<T>::Vec{};
  for (index_t from = 0; from < d; from += 32) {
    typename Simd<T>::Vec part[K] = {};
    for (index_t j = from; j < std::min(d, from + 32); ++j) terms(x.entry(j, lane), y.entry(j, lane), part);
    for (int k = 0; k < K; ++k) total[k] += part[k];
  }
}

// f(item, lane, begin, end): for each W items from `item` on, at `lane` of those made ready, of which those from `begin` to
// `end` are asked for. What does not fill a vector is taken with some items before it.
template <class T, class F>
void each_lanes(LaneItems<T>& x, LaneItems<T>& y, index_t first, index_t last, F&& f) {
  constexpr index_t W = Simd<T>::width;
  for (index_t start = first, count; start < last; start += count) {
    count = std::min(LaneItems<T>::block(x.size()), last - start);
    if (count > W) count -= count % W;  // whole vectors may be read where they lie
    const index_t back = count < W && last >= W ? W - count : 0;
    x.take(start - back, count + back);
    if (&x != &y) y.take(start - back, count + back);
    for (index_t lane = 0; lane < count; lane += W) {
      f(start - back + lane, lane, back, std::min<index_t>(W, count + back - lane));
    }
  }
}

}  // namespace mmlcore
