// Measures of pairs in an inner product of one's own, <x, y> = x' M y with M = L L', for vectors of few entries: W pairs at
// a time, a pair in each lane. The entries of an image are found where they are wanted,
//
//   (L'x)_j = sum_{k>=j} l_kj x_k,   (M y)_j = sum_k m_jk y_k,
//
// each a broadcast and a multiplication for W pairs, and what lane_measures.hpp makes of entries is made of these: no image
// is written. Inner products of 3000 x 5: 0.7 of numpy's speed by a product of all and sums along rows, 2.5 so.
#pragma once

#include "mmlcore/vectors/lane_measures.hpp"

namespace mmlcore {

inline constexpr index_t kMetricLanes = 12;  // entries up to which the work of d^2 is less than that of moving rows

template <class T>
struct MetricPair {
  using Vec = typename Simd<T>::Vec;
  static constexpr bool kPlain = false;
  const LaneItems<T>&x, &y;
  const T* matrix;
  index_t d, lane;

  // Entry j of L' times what entry(k) gives.
  template <class Entry>
  [[gnu::always_inline]] Vec image(index_t j, Entry&& entry) const {
    Vec sum{};
    for (index_t k = j; k < d; ++k) sum += entry(k) * matrix[k * d + j];
    return sum;
  }

  // What `add(j)` adds to the sums, for all entries.
  template <int K, class Add>
  [[gnu::always_inline]] void each_entry(Vec (&total)[K], Add&& add) const {
    for (int k = 0; k < K; ++k) total[k] = Vec{};
    for (index_t j = 0; j < d; ++j) add(j);
  }
};

// Both images.
template <class T>
struct ImagePair : MetricPair<T> {
  using Vec = typename Simd<T>::Vec;

  template <int K, class Terms>
  [[gnu::always_inline]] void sum(Vec (&total)[K], Terms&& terms, Vec own = Vec{}) const {
    this->each_entry(
        total, [&](index_t j) __attribute__((always_inline)) {
          const Vec u = this->image(j, [this](index_t k) { return this->x.entry(k, this->lane); });
          const Vec v = this->image(j, [this](index_t k) { return this->y.entry(k, this->lane); });
          terms(u, v, total, own);
        });
  }
};

// The image of x - y, or of x alone, and zero.
template <class T, bool Gap>
struct SingleImage : MetricPair<T> {
  using Vec = typename Simd<T>::Vec;

  template <int K, class Terms>
  [[gnu::always_inline]] void sum(Vec (&total)[K], Terms&& terms, Vec own = Vec{}) const {
    this->each_entry(
        total, [&](index_t j) __attribute__((always_inline)) {
          const Vec u = this->image(j, [this](index_t k) {
            const Vec a = this->x.entry(k, this->lane);
            return Gap ? a - this->y.entry(k, this->lane) : a;
          });
          terms(u, Vec{}, total, own);
        });
  }
};

// x and M y.
template <class T>
struct DualPair : MetricPair<T> {
  using Vec = typename Simd<T>::Vec;

  template <int K, class Terms>
  [[gnu::always_inline]] void sum(Vec (&total)[K], Terms&& terms, Vec own = Vec{}) const {
    this->each_entry(
        total, [&](index_t j) __attribute__((always_inline)) {
          Vec dual{};
          for (index_t k = 0; k < this->d; ++k) dual += this->y.entry(k, this->lane) * this->matrix[j * this->d + k];
          terms(this->x.entry(j, this->lane), dual, total, own);
        });
  }
};

template <class T>
bool suits_metric_lanes(index_t d, index_t count) {
  return d <= kMetricLanes && count >= 2 * Simd<T>::width;
}

// Items [first, last); `matrix`: L, or M for duals, in rows. False where a lane could not tell.
template <class T, class Measure, class Pair>
bool measure_in_metric(const MatrixBatch<const T>& x, const MatrixBatch<const T>& y, const T* matrix, index_t first,
                       index_t last, T* out) {
  typename Simd<T>::Vec found;
  bool fine = true;
  LaneItems<T> left(x), right(y);
  each_lanes(left, right, first, last, [&](index_t i, index_t lane, index_t begin, index_t end) {
    const auto told = Measure::template measure<T>(Pair{{left, right, matrix, x.item.cols, lane}}, &found);
    fine &= detail::put_measures<T>(i, begin, end, found, told, out, [](index_t) { return false; });
  });
  return fine;
}

}  // namespace mmlcore
