// Partial derivatives of elementwise operations, as nodes.
#pragma once

#include <vector>

#include "mmlcore/calculus/graph.hpp"

namespace mmlcore::calculus {

// w times the partial derivative of node v by its operand `which` (0, 1, 2), or kNone where that is zero everywhere. w has a
// multiple of v's size.
Id times_partial(Graph& graph, Id v, int which, Id w);

// u if node v is the square of the root of u, whose derivative is 1, at 0 too, where that of the root is infinite; else
// kNone. And w times that derivative, NaN where u has no root.
Id under_squared_root(const Graph& graph, Id v);
Id times_squared_root(Graph& graph, Id u, Id w);

// x, of the size of the recurrence v, moved by one along its axis: each element is the one before it (`forth`) or the one
// after it; zero where there is none.
Id shifted(Graph& graph, Id x, const Node& v, bool forth);

// Which nodes depend on any of `of`.
std::vector<char> depends_on(const Graph& graph, const std::vector<Id>& of);

}  // namespace mmlcore::calculus
