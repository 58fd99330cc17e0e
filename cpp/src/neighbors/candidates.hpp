// The k nearest of the points that are offered for one query. Private to this folder.
//
// A short list is kept in order: what enters moves those behind it. A long one takes what is offered behind its k nearest so
// far, and is cut to the k nearest when there are twice as many, by selecting among pairs (distance, index). Of equal
// distances the lower index is nearer, in whatever order they come. (Sorting what is new in by counting, with a vector of
// comparisons for each entry and no branch, took 1.6 times as long for 18 of 311 points.)
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/simd.hpp"

namespace mmlcore {

template <class T>
class Candidates {
 public:
  using S = Simd<T>;

  // At most `most` are offered between two calls of `trim`.
  Candidates(index_t k, index_t most) : k_(k), in_order_(k <= kShort) {
    if (in_order_) {
      own_distances_ = Buffer<T>(k);
      own_indices_ = Buffer<std::int64_t>(k);
      distances_ = own_distances_.data();
      indices_ = own_indices_.data();
    } else {
      pairs_ = Buffer<std::pair<T, std::int64_t>>(2 * k + most);
    }
    clear(std::numeric_limits<T>::max());
  }
  // The same; a short list lies where it is wanted in the end.
  Candidates(index_t k, index_t most, T* distances, std::int64_t* indices)
      : k_(k), in_order_(k <= kShort), distances_(distances), indices_(indices) {
    if (!in_order_) pairs_ = Buffer<std::pair<T, std::int64_t>>(2 * k + most);
    clear(std::numeric_limits<T>::max());
  }

  // Points beyond `bound` are not wanted.
  void clear(T bound) {
    count_ = 0;
    worst_ = bound;
    last_ = std::numeric_limits<std::int64_t>::max();
  }

  // Goes on from a list that `finish` gave, whose last are at infinity where fewer than k have come.
  void resume(const T* distances, const std::int64_t* indices) {
    clear(std::numeric_limits<T>::max());
    for (index_t i = 0; i < k_ && distances[i] <= std::numeric_limits<T>::max(); ++i) {
      offer(distances[i], indices[i]);
      trim();
    }
  }

  // What is farther away need not be offered; what is as far only with an index below last().
  T worst() const { return worst_; }
  std::int64_t last() const { return last_; }

  void offer(T distance, std::int64_t index) {
    if (in_order_) return insert(distance, index);
    pairs_[count_++] = {distance, index};
  }

  // Points first, first + 1, ... in ascending order over all calls: of those as far as the worst none is wanted. `distances`
  // is read in whole vectors.
  void offer_nearer(const T* distances, index_t count, std::int64_t first) {
    for (index_t i = 0; i < count; i += S::width) {
      unsigned near = S::bits(S::load(distances + i) < S::splat(worst_));
      if (near == 0) continue;
      if (count - i < S::width) near &= (1u << (count - i)) - 1;
      for (; near != 0; near &= near - 1) {
        const int j = std::countr_zero(near);
        offer(distances[i + j], first + i + j);
      }
      trim();
    }
  }

  void trim() {
    if (!in_order_ && count_ >= 2 * k_) cut();
  }

  // The nearest first; what is missing stays as it is.
  void finish(T* distances, std::int64_t* indices) {
    if (in_order_) {
      if (distances == distances_) return;
      std::copy_n(distances_, count_, distances);
      std::copy_n(indices_, count_, indices);
    } else {
      cut();
      std::sort(pairs_.begin(), pairs_.begin() + count_);
      for (index_t i = 0; i < count_; ++i) std::tie(distances[i], indices[i]) = pairs_[i];
    }
  }

 private:
  static constexpr index_t kShort = 48;

  void insert(T distance, std::int64_t index) {
    if (distance > worst_ || (distance == worst_ && index > last_)) return;
    T* const d = distances_;
    std::int64_t* const ids = indices_;
    index_t i = count_ < k_ ? count_++ : k_ - 1;
    for (; i > 0 && (d[i - 1] > distance || (d[i - 1] == distance && ids[i - 1] > index)); --i) {
      d[i] = d[i - 1];
      ids[i] = ids[i - 1];
    }
    d[i] = distance;
    ids[i] = index;
    if (count_ == k_) note_worst(d[k_ - 1], ids[k_ - 1]);
  }

  void cut() {
    if (count_ <= k_) return;
    std::nth_element(pairs_.begin(), pairs_.begin() + (k_ - 1), pairs_.begin() + count_);
    count_ = k_;
    note_worst(pairs_[k_ - 1].first, pairs_[k_ - 1].second);
  }

  void note_worst(T distance, std::int64_t index) {
    worst_ = distance;
    last_ = index;
  }

  const index_t k_;
  const bool in_order_;
  index_t count_ = 0;
  T worst_ = 0;
  std::int64_t last_ = 0;
  T* distances_ = nullptr;  // of a list in order
  std::int64_t* indices_ = nullptr;
  Buffer<T> own_distances_;
  Buffer<std::int64_t> own_indices_;
  Buffer<std::pair<T, std::int64_t>> pairs_;
};

// The lists of some queries, each a row of the results, for the points from `first` on; they are put back at the end.
template <class T>
class Lists {
 public:
  Lists(MatrixView<T> distances, MatrixView<std::int64_t> indices, index_t begin, index_t end, index_t first)
      : distances_(distances), indices_(indices), begin_(begin) {
    lists_.reserve(end - begin);
    for (index_t q = begin; q < end; ++q) {
      lists_.emplace_back(indices.cols, Simd<T>::width, distances.row(q).data, indices.row(q).data);
      if (first > 0) lists_.back().resume(distances.row(q).data, indices.row(q).data);
    }
  }
  Lists(const Lists&) = delete;
  Lists& operator=(const Lists&) = delete;
  ~Lists() {
    for (std::size_t i = 0; i < lists_.size(); ++i) {
      const index_t q = begin_ + static_cast<index_t>(i);
      lists_[i].finish(distances_.row(q).data, indices_.row(q).data);
    }
  }

  Candidates<T>& operator[](index_t query) { return lists_[query - begin_]; }

 private:
  const MatrixView<T> distances_;
  const MatrixView<std::int64_t> indices_;
  const index_t begin_;
  std::vector<Candidates<T>> lists_;
};

// Lists without a point: distances at infinity, indices -1.
template <class T>
void clear_lists(MatrixView<T> distances, MatrixView<std::int64_t> indices) {
  for (index_t q = 0; q < distances.rows; ++q) {
    std::fill_n(distances.row(q).data, distances.cols, std::numeric_limits<T>::infinity());
    std::fill_n(indices.row(q).data, indices.cols, std::int64_t{-1});
  }
}

}  // namespace mmlcore
