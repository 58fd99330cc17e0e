// What divide and conquer with vectors and for values alone share: the cuts, the leaves, and the order of the merges.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/eigen/lane_leaves.hpp"
#include "mmlcore/eigen/rank_one_merge.hpp"

namespace mmlcore {

template <class T>
T norm_of(index_t n, const T* d, const T* e) {
  T size = 0;
  for (index_t i = 0; i < n; ++i) size = std::max({size, std::abs(d[i]), i + 1 < n ? std::abs(e[i]) : T{0}});
  return size;
}

// Few numbers, mostly in order.
template <class T>
void sort_numbers(index_t n, const T* d, index_t* order) {
  for (index_t i = 0; i < n; ++i) {
    index_t at = i;
    for (; at > 0 && d[order[at - 1]] > d[i]; --at) order[at] = order[at - 1];
    order[at] = i;
  }
}

template <class T>
class MergeTree {
 public:
  MergeTree(index_t n, T* d, T* e, index_t* order, PaddedRows<T> weights)
      : n_(n),
        d_(d),
        e_(e),
        order_(order),
        size_(norm_of(n, d, e)),
        numbers_(7 * (whole_vectors<T>(n) + Simd<T>::width)),
        places_(5 * n),
        leaves_(n / 4 + 1) {
    T* number = numbers_.data();
    for (T** p : {&memory_.z, &memory_.poles, &memory_.weights, &memory_.squares, &memory_.origin, &memory_.offset,
                  &memory_.values}) {
      *p = number;
      number += whole_vectors<T>(n) + Simd<T>::width;
    }
    index_t* place = places_.data();
    for (index_t** p : {&memory_.kept, &memory_.dropped, &memory_.place, &memory_.order, &memory_.side}) {
      *p = place;
      place += n;
    }
    memory_.u = weights;
  }

  // Vectors of the leaves become rows of q, in the leaves' columns.
  bool solve_leaves(PaddedRows<T> q) {
    cut(0, n_);
    if (!mmlcore::solve_leaves<T>(leaves_.data(), count_, size_, d_, e_, q)) return false;
    for (index_t i = 0; i < count_; ++i) sort_numbers(leaves_[i].size, d_ + leaves_[i].first, order_ + leaves_[i].first);
    return true;
  }

  // Calls f(leaf) for all leaves.
  template <class F>
  void each_leaf(F&& f) const {
    for (index_t i = 0; i < count_; ++i) f(leaves_[i]);
  }

  // From the smallest blocks to the whole, for the block of n rows from `first` on whose halves are done:
  // vectors.fill(first, upper, n, above, below, z) makes z of rows of vectors, by the factors for each half;
  // vectors.merge(first, upper, n, step).
  template <class Vectors>
  void join(Vectors& vectors) {
    join(vectors, 0, n_);
  }

 private:
  // Rows of the first half: whole leaves, at whose columns vectors of numbers begin; of two leaves, alike ones, as the
  // larger one keeps the other waiting.
  static index_t upper_half(index_t n) { return n <= 2 * kLeaf ? (n + 1) / 2 : (n / 2 + kLeaf / 2) / kLeaf * kLeaf; }

  void cut(index_t first, index_t n) {
    if (n <= kLeaf) {
      leaves_[count_++] = {first, n};
      return;
    }
    const index_t upper = upper_half(n);
    const T between = std::abs(e_[first + upper - 1]);
    d_[first + upper - 1] -= between;
    d_[first + upper] -= between;
    cut(first, upper);
    cut(first + upper, n - upper);
  }

  template <class Vectors>
  void join(Vectors& vectors, index_t first, index_t n) {
    if (n <= kLeaf) return;
    const index_t upper = upper_half(n);
    join(vectors, first, upper);
    join(vectors, first + upper, n - upper);
    index_t* const order = order_ + first;
    for (index_t i = upper; i < n; ++i) order[i] += upper;
    const T between = e_[first + upper - 1], half = std::sqrt(T{0.5});
    vectors.fill(first, upper, n, half, between < 0 ? -half : half, memory_.z);
    constexpr T unit = std::numeric_limits<T>::epsilon() / 2;
    RankOneMerge<T> step(upper, n, 2 * std::abs(between), 8 * unit * size_, d_ + first, order, memory_);
    vectors.merge(first, upper, n, step);
  }

  const index_t n_;
  T *const d_, *const e_;
  index_t* const order_;
  const T size_;
  index_t count_ = 0;
  Buffer<T> numbers_;
  Buffer<index_t> places_;
  Buffer<Leaf> leaves_;
  MergeMemory<T> memory_;
};

}  // namespace mmlcore
