// A block of rows of the transposed matrix of a graph, for a PageRank that is spread over machines: each keeps some rows,
// and every step it is sent the vector z = x / W (W: edges out) and returns its part of A x, y_t = sum of w z_s over edges s
// -> t: a product with a sparse matrix (matrices/sparse_product.hpp).
//
// A block is plain arrays (start, source, weight), so that it travels as such. A row's sum depends on the row alone: the
// same bits however the rows are cut.
#pragma once

#include <cstdint>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// Sorts edges by target: counts into start, and source and weight in the order of the input within a row. `target` counts
// from the first row of the block; all are in [0, rows). Cost: two readings, no memory but the results.
void sort_rows(const std::int64_t* source, const std::int64_t* target, const double* weight, index_t edges, index_t rows,
               std::int64_t* start, std::int64_t* sorted_source, double* sorted_weight);

}  // namespace mmlcore
