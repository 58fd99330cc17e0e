// What products with compressed rows share: how rows are shared out, and the sum along one.
#pragma once

#include <algorithm>

#include "mmlcore/matrices/sparse_product.hpp"

namespace mmlcore {

// Cuts rows into pieces of equal work: their entries, and a few for each row.
template <class Rows>
struct EqualWork {
  static constexpr index_t kWork = index_t{1} << 15;  // of a piece: some 30 us

  EqualWork(const Rows& a, index_t most) : a(a), total(done(a.rows)), pieces(std::clamp<index_t>(total / kWork, 1, most)) {}

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

  const Rows& a;
  index_t total, pieces;
};

// term(0) + ... + term(count - 1), in four chains.
template <class Term>
double row_sum(index_t count, Term&& term) {
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  index_t k = 0;
  for (; k + 4 <= count; k += 4) {
    s0 += term(k);
    s1 += term(k + 1);
    s2 += term(k + 2);
    s3 += term(k + 3);
  }
  for (; k < count; ++k) s0 += term(k);
  return (s0 + s1) + (s2 + s3);
}

}  // namespace mmlcore
