// Partial derivatives of elementwise operations, as nodes.
#pragma once

#include <vector>

#include "mmlcore/calculus/graph.hpp"

namespace mmlcore::calculus {

// g times the partial derivative of node v by its operand `which` (0, 1, 2), or kNone where that is zero everywhere. g has a
// multiple of v's size.
Id times_partial(Graph& graph, Id v, int which, Id g);

// Which nodes depend on any of `of`.
std::vector<char> depends_on(const Graph& graph, const std::vector<Id>& of);

}  // namespace mmlcore::calculus
