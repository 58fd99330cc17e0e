// Where the numbers of a structural operation come from: what computing constants and finding dependencies share.
#pragma once

#include <algorithm>

#include "mmlcore/calculus/graph.hpp"

namespace mmlcore::calculus {

// Calls f(to, x, from) for every pair of a number of the result and a number `from` of operand x that enters it, for sums,
// repetitions, picking, placing and concatenation.
template <class F>
void each_link(const Graph& graph, const Node& v, F&& f) {
  const index_t outer = v.dims[0], middle = v.dims[1], inner = v.dims[2];
  if (v.op == Op::Sum || v.op == Op::Tile) {
    for (index_t o = 0; o < outer; ++o) {
      for (index_t r = 0; r < middle; ++r) {
        for (index_t i = 0; i < inner; ++i) {
          const index_t many = (o * middle + r) * inner + i, one = o * inner + i;
          v.op == Op::Sum ? f(one, v.a, many) : f(many, v.a, one);
        }
      }
    }
  } else if (v.op == Op::Gather || v.op == Op::Scatter) {
    const std::vector<std::int32_t>& index = graph.index(v.aux);
    const index_t count = static_cast<index_t>(index.size());
    for (index_t o = 0; o < outer; ++o) {
      for (index_t i = 0; i < count; ++i) {
        const index_t few = o * count + i, at = o * middle + index[i];
        v.op == Op::Gather ? f(few, v.a, at) : f(at, v.a, few);
      }
    }
  } else if (v.op == Op::Concat) {
    index_t start = 0;
    for (const Id part : graph.index(v.aux)) {
      for (index_t i = 0; i < graph.size(part); ++i) f(start + i, part, i);
      start += graph.size(part);
    }
  }
}

// Calls f(to, before) for every number of a recurrence in the order of its steps, `before` -1 for the first ones.
template <class F>
void each_step(const Node& v, F&& f) {
  const bool backwards = v.aux & 1;
  const index_t count = v.dims[1], inner = v.dims[2], step = backwards ? inner : -inner;
  for (index_t o = 0; o < v.dims[0]; ++o) {
    for (index_t r = 0; r < count; ++r) {
      for (index_t i = 0; i < inner; ++i) {
        const index_t to = (o * count + (backwards ? count - 1 - r : r)) * inner + i;
        f(to, r == 0 ? -1 : to + step);
      }
    }
  }
}

// Calls f(to, i, j) for every product of numbers i of A and j of B that enters number `to` of a matrix product.
template <class F>
void each_product(const Graph& graph, const Node& v, F&& f) {
  const index_t m = v.dims[0], k = v.dims[1], n = v.dims[2], size_a = graph.size(v.a), size_b = graph.size(v.b);
  for (index_t q = 0; m * n > 0 && q < v.size / (m * n); ++q) {
    for (index_t i = 0; i < m; ++i) {
      for (index_t j = 0; j < n; ++j) {
        for (index_t l = 0; l < k; ++l) {
          const index_t a = q * m * k + (v.aux & 1 ? l * m + i : i * k + l);
          const index_t b = q * k * n + (v.aux & 2 ? j * k + l : l * n + j);
          f((q * m + i) * n + j, a % size_a, b % size_b);
        }
      }
    }
  }
}

}  // namespace mmlcore::calculus
