// Sums along a list in four chains that overlap, in an order of their own: the same bits wherever they are called.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// term(0) + ... + term(count - 1), of numbers or of vectors.
template <class V, class Term>
inline __attribute__((always_inline)) V sum_in_chains(index_t count, Term&& term) {
  V s0{}, s1{}, s2{}, s3{};
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
