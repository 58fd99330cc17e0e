// A block of rows of the transposed matrix of a graph, for a PageRank that is spread over machines: each keeps some rows,
// and every step it is sent what it needs of the vector z = x / W (W: edges out) and returns its part of A x, y_t = sum of
// w z_s over edges s -> t: a product with a sparse matrix (matrices/sparse_product.hpp).
//
// A block is plain arrays (start, source, weight), so that it travels as such. Its sources are numbered anew, in their
// order, by the nodes that have a link into it: the vector that it needs is as long as they are many. A row's sum depends on
// the row alone: the same bits however the rows are cut.
#pragma once

#include <cstdint>
#include <vector>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// Edges as they come from one chunk.
template <class Index>
struct EdgeColumns {
  index_t size;
  const Index *source, *target;
  const double* weight;  // null: all 1
};

// Sorts the edges of several chunks by target, in their order within a row, and numbers their sources: counts into start
// (rows + 1), number[source] and weight. Targets are in [first, first + rows). Cost: two readings, no memory but the
// results.
template <class Index>
void sort_rows(const std::vector<EdgeColumns<Index>>& chunks, const Index* number, index_t first, index_t rows,
               std::int64_t* start, Index* sorted_source, double* sorted_weight);

}  // namespace mmlcore
