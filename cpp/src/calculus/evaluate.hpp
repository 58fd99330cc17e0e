// One node computed from constants: plain loops over the C library's functions.
#pragma once

#include <vector>

#include "mmlcore/calculus/graph.hpp"

namespace mmlcore::calculus {

// The numbers of `node`, whose operands are all constants of `graph`.
std::vector<double> evaluate(const Graph& graph, const Node& node);

}  // namespace mmlcore::calculus
