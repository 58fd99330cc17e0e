// Repeated edges of a range of rows become one. Private to build.cpp.
//
// A word is the source and, in the low bits, the row: equal words are repeated edges. Words are sorted by digits of 11 bits
// from the lowest on (LSD radix sort), which keeps the order of equal ones, so "the first" is the first of the input.
#pragma once

#include <algorithm>
#include <utility>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/graph/build.hpp"

namespace mmlcore::graph {

template <class Word>
class Merger {
 public:
  // Sorts `size` words and, unless null, the weights along with them; `bits` is the width of a word in use.
  Merger(Word* words, double* weights, index_t size, int bits) : words_(words), weights_(weights), size_(size) {
    Buffer<Word> other(size);
    Buffer<double> other_weights(weights ? size : 0);
    Word *from = words, *to = other.data();
    double *from_weights = weights, *to_weights = weights ? other_weights.data() : nullptr;
    for (int shift = 0; shift < bits; shift += kDigit) {
      if (!scatter(from, from_weights, to, to_weights, shift)) continue;
      std::swap(from, to);
      std::swap(from_weights, to_weights);
    }
    if (from == words) return;
    std::copy(from, from + size, words);
    if (weights) std::copy(from_weights, from_weights + size, weights);
  }

  // Keeps one of each run of equal words; `dropped(word)` is told of every other. Returns how many are left.
  template <class F>
  index_t unite(Combine combine, F&& dropped) {
    index_t kept = 0;
    for (index_t e = 0; e < size_; ++e) {
      if (kept > 0 && words_[e] == words_[kept - 1]) {
        if (weights_ && combine == Combine::kSum) weights_[kept - 1] += weights_[e];
        dropped(words_[e]);
        continue;
      }
      words_[kept] = words_[e];
      if (weights_) weights_[kept] = weights_[e];
      ++kept;
    }
    return kept;
  }

 private:
  static constexpr int kDigit = 11;

  // One digit. Returns false, with nothing moved, when all words have the same one.
  bool scatter(const Word* from, const double* from_weights, Word* to, double* to_weights, int shift) const {
    constexpr Word mask = (Word{1} << kDigit) - 1;
    index_t next[std::size_t{1} << kDigit] = {};
    for (index_t e = 0; e < size_; ++e) ++next[static_cast<std::size_t>((from[e] >> shift) & mask)];
    index_t at = 0;
    for (index_t& one : next) {
      if (one == size_) return false;
      const index_t count = one;
      one = at;
      at += count;
    }
    for (index_t e = 0; e < size_; ++e) {
      const index_t place = next[static_cast<std::size_t>((from[e] >> shift) & mask)]++;
      to[place] = from[e];
      if (from_weights) to_weights[place] = from_weights[e];
    }
    return true;
  }

  Word* words_;
  double* weights_;
  index_t size_;
};

}  // namespace mmlcore::graph
