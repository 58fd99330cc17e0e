// The r lowest of some pairs to the front. Private to this folder.
//
// Partitions without a branch: each pair is written to both ends of a second array, and one of the two places is kept. (In
// place, by exchanges, reads wait for what was just written: twice the time.) The pivot is taken from a small sample, aimed
// at the rank. Pairs equal to the pivot are put aside where nothing is less, so that equal keys end it at once.
#pragma once

#include <algorithm>
#include <cstdint>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

template <class T>
struct Keyed {
  T key;
  std::int32_t place;
};

// Pairs whose key is `below` first; returns their end. `moved` has room for as many.
template <class T, class Below>
index_t partition(Keyed<T>* pairs, Keyed<T>* moved, index_t count, Below&& below) {
  index_t low = 0, high = count - 1;
  for (index_t i = 0; i < count; ++i) {
    const Keyed<T> one = pairs[i];
    const bool front = below(one.key);
    moved[low] = one;
    moved[high] = one;
    low += front;
    high -= !front;
  }
  std::copy_n(moved, count, pairs);
  return low;
}

template <class T>
void select_rank(Keyed<T>* pairs, Keyed<T>* moved, index_t count, index_t rank) {
  constexpr index_t kSmall = 48, kSample = 15;
  index_t begin = 0, end = count;
  while (rank > begin && rank < end) {
    const index_t size = end - begin;
    if (size <= kSmall) {
      std::nth_element(pairs + begin, pairs + rank, pairs + end, [](const auto& a, const auto& b) { return a.key < b.key; });
      return;
    }
    T sample[kSample];
    for (index_t s = 0; s < kSample; ++s) sample[s] = pairs[begin + (2 * s + 1) * size / (2 * kSample)].key;
    std::sort(sample, sample + kSample);
    const T pivot = sample[std::min(kSample - 1, (rank - begin) * kSample / size)];
    const index_t cut = begin + partition(pairs + begin, moved, size, [=](T key) { return key < pivot; });
    if (rank < cut) {
      end = cut;
    } else if (cut > begin) {
      begin = cut;
    } else {
      begin += partition(pairs + begin, moved, size, [=](T key) { return key <= pivot; });
      if (rank <= begin) return;
    }
  }
}

}  // namespace mmlcore
