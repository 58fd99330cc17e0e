// Loops of many steps as one operation: s_(i+1) = body(s_i, p, r_i), i = 0 ... count - 1.
//
// The body is a graph of its own, with inputs for the state s, the parameters p and the row r of the step. A loop gives the
// last state, or all of them, s_0 ... s_count. So the derivatives of loops are loops:
//
//   tangents   [s, s'] follow the body of (body, its tangents), with rows [r, r']; coefficients of series likewise;
//   adjoints   with all states s_i kept, l_i = J_s' l_(i+1) + w_i from the last to the first, where the sums p^ += J_p'
//   l_(i+1) and
//              the rows' own adjoints J_r' l_(i+1) are parts of the state,
//
// and so of any order (A. Griewank, A. Walther, "Evaluating Derivatives", 2008, chapter 3.2). Memory of the reverse sweep is
// that of all states; a loop of m steps within a loop of count / m steps keeps count / m + m of them: checkpoints, one level
// deep (chapter 12), for one more evaluation. The graph does not grow with the number of steps.
#pragma once

#include <vector>

#include "mmlcore/calculus/loop_body.hpp"

namespace mmlcore::calculus {

// Tangents in k directions of a loop whose operands (state, parameters, rows) have tangents or kNone.
Id loop_tangent(Graph& graph, Id id, const Id tangents[3], index_t k);

// What w, k times the size of the loop, gives its operands, where they are asked for.
std::vector<Id> loop_adjoints(Graph& graph, Id id, Id w, const bool wanted[3], index_t k);

// Coefficients of the loop from those of its operands, of the same order.
std::vector<Id> loop_series(Graph& graph, Id id, const std::vector<Id>* operands);

}  // namespace mmlcore::calculus
