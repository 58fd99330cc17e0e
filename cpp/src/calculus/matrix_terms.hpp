// Stacks of matrices as formulas of nodes; kNone is zero. Stacks of fewer items are repeated, as directions are.
#pragma once

#include <vector>

#include "mmlcore/calculus/graph.hpp"

namespace mmlcore::calculus {

struct MatrixTerms {
  Graph& g;

  Id add(Id x, Id y) const { return x == kNone ? y : y == kNone ? x : g.add(x, y); }
  Id subtract(Id x, Id y) const { return y == kNone ? x : x == kNone ? g.negative(y) : g.subtract(x, y); }
  Id negative(Id x) const { return x == kNone ? x : g.negative(x); }
  Id times(Id x, Id y) const { return x == kNone || y == kNone ? kNone : g.multiply(x, y); }

  // X Y with X (m, k), Y (k, n); bits 0 and 1: transposed, as they lie.
  Id product(Id x, Id y, index_t m, index_t k, index_t n, int transposed = 0) const {
    return x == kNone || y == kNone ? kNone : g.matmul(x, y, m, k, n, transposed);
  }
  Id transposed(Id x, index_t m, index_t n) const {
    if (x == kNone) return x;
    std::vector<std::int32_t> index;
    for (index_t j = 0; j < n; ++j) {
      for (index_t i = 0; i < m; ++i) index.push_back(static_cast<std::int32_t>(i * n + j));
    }
    return g.gather(x, g.size(x) / (m * n), index);
  }
  // A^-1 B of B (m, n); aux as in operations.def. And B A^-1, of B (n, m).
  Id solved(Id a, Id b, index_t m, index_t n, int aux) const {
    return b == kNone ? b : g.matrices(Op::Solve, a, b, m, n, 0, aux);
  }
  Id solved_from_right(Id a, Id b, index_t n, index_t m, int aux) const {
    return transposed(solved(a, transposed(b, n, m), m, n, aux ^ 1), m, n);
  }

  // Numbers start ... start + count - 1 of every `size`.
  Id part(Id x, index_t size, index_t start, index_t count) const {
    if (x == kNone) return x;
    std::vector<std::int32_t> index;
    for (index_t i = 0; i < count; ++i) index.push_back(static_cast<std::int32_t>(start + i));
    return g.gather(x, g.size(x) / size, index);
  }
  // Item by item one after the other: of `items` items, the parts with these numbers each.
  Id joined(const std::vector<Id>& parts, const std::vector<index_t>& sizes, index_t items) const {
    std::vector<Id> whole;
    index_t size = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      whole.push_back(g.full(parts[i] == kNone ? g.constant(0.0) : parts[i], items * sizes[i]));
      size += sizes[i];
    }
    std::vector<std::int32_t> index;
    for (index_t q = 0; q < items; ++q) {
      index_t start = 0;
      for (const index_t own : sizes) {
        for (index_t i = 0; i < own; ++i) index.push_back(static_cast<std::int32_t>(start + q * own + i));
        start += items * own;
      }
    }
    return g.gather(g.concat(whole), 1, index);
  }

  Id diagonal(Id x, index_t n) const { return x == kNone ? x : g.gather(x, g.size(x) / (n * n), diagonal_places(n)); }
  Id on_diagonal(Id x, index_t n) const { return x == kNone ? x : g.scatter(x, g.size(x) / n, diagonal_places(n), n * n); }
  // X diag(d) and diag(d) X of X (m, n).
  Id by_columns(Id x, Id d, index_t m, index_t n) const { return d == kNone ? d : times(x, g.tile(d, g.size(d) / n, m, n)); }
  Id by_rows(Id x, Id d, index_t, index_t n) const { return d == kNone ? d : times(x, g.tile(d, g.size(d), n, 1)); }

  // A constant matrix of entry(i, j).
  template <class F>
  Id mask(index_t m, index_t n, F&& entry) const {
    std::vector<double> numbers;
    for (index_t i = 0; i < m; ++i) {
      for (index_t j = 0; j < n; ++j) numbers.push_back(entry(i, j));
    }
    return g.constant(numbers.data(), m * n);
  }
  Id identity(index_t n) const {
    return mask(n, n, [](index_t i, index_t j) { return i == j; });
  }
  Id lower(Id x, index_t n, double diagonal) const {
    return times(x, mask(n, n, [=](index_t i, index_t j) { return i > j ? 1 : i == j ? diagonal : 0; }));
  }

  // 1 / (w_j - w_i), 0 on the diagonal; see `Apart`.
  Id gaps(Id w, index_t n) const {
    const Id columns = g.tile(w, g.size(w) / n, n, n), rows = g.tile(w, g.size(w), n, 1), one = identity(n);
    const Id apart = g.add(g.subtract(columns, rows), one);
    return g.divide(mask(n, n, [](index_t i, index_t j) { return i != j; }), apart);
  }
  Id apart(Id w, index_t n, int aux) const { return g.matrices(Op::Apart, w, kNone, 0, 0, n, aux); }

 private:
  static std::vector<std::int32_t> diagonal_places(index_t n) {
    std::vector<std::int32_t> index;
    for (index_t i = 0; i < n; ++i) index.push_back(static_cast<std::int32_t>(i * (n + 1)));
    return index;
  }
};

}  // namespace mmlcore::calculus
