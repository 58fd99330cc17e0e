// What products with compressed rows share: how rows are shared out.
#pragma once

#include <algorithm>

#include "mmlcore/matrices/sparse_product.hpp"

namespace mmlcore {

// Cuts rows into pieces of equal work: their entries, and a few for each row.
template <class SparseRows>
struct EqualWork {
  static constexpr index_t kWork = index_t{1} << 15;  // of a piece: some 30 us

  EqualWork(const SparseRows& a, index_t most)
      : a(a), total(done(a.rows)), pieces(std::clamp<index_t>(total / kWork, 1, most)) {}

  // The first row from which on at least p pieces of the work are left behind.
  index_t begin(index_t p) const {
    if (p == pieces) return a.rows;
    index_t low = 0, high = a.rows;
    while (low < high) {
      const index_t middle = low + (high - low) / 2;
      done(middle) < total / pieces* p ? low = middle + 1 : high = middle;
    }
    return low;
  }
  index_t done(index_t row) const { return static_cast<index_t>(a.start[row]) + 4 * row; }

  const SparseRows& a;
  index_t total, pieces;
};

}  // namespace mmlcore
