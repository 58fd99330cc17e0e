// Which entries of a Jacobian can be other than zero, and how few directions find them all.
//
// Dependencies of each number of each node on the numbers of the input are sets, united operation by operation. Columns of a
// Jacobian that share no row can be found by one direction, the sum of their unit vectors: a colouring of columns, greedy in
// their order (A. R. Curtis, M. J. D. Powell, J. K. Reid, "On the estimation of sparse Jacobian matrices", IMA J. Appl.
// Math. 13, 1974). A tridiagonal Hessian of any size takes three directions.
#pragma once

#include <vector>

#include "mmlcore/calculus/graph.hpp"

namespace mmlcore::calculus {

// Compressed rows: columns[start[i] ... start[i + 1]) ascend.
struct Pattern {
  std::vector<std::int32_t> start, columns;
};

// Of the derivative of node `output` by the node `input`.
Pattern jacobian_pattern(const Graph& graph, Id output, Id input);

// A colour for each of `count` columns; those of one colour share no row.
std::vector<std::int32_t> colour_columns(const Pattern& pattern, index_t count);

}  // namespace mmlcore::calculus
