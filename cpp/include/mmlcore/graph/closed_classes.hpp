// Where does a surfer who never restarts stay? Closed parts of a graph, and their period.
//
// A set of nodes that reach each other is a strongly connected part; it is closed when no edge leaves it. With damping 1 all
// rank ends in closed parts. One closed part: one stationary distribution. Several: how much each holds depends on where
// the surfer starts. A part has period p when its nodes fall into p classes that he passes in turn: the distribution of his
// place then never settles, and the ranks are what it is on average.
//   p = gcd over all edges u -> v of the part of (level u) + 1 - (level v), for the depth of the nodes in any spanning tree.
//
// Tarjan's algorithm on the edges reversed, which are what is kept: the parts are the same. A node without edges hands over
// to every node that u is positive on, through one more node that costs no step, so that there is no edge for each pair.
//
// R. Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1 (1972); period: E. V. Denardo, "Periods of
// connected networks and powers of nonnegative matrices", Math. Oper. Res. 2 (1977). Cost: one visit of each edge, in no
// order of memory, on one thread; five words a node.
#pragma once

#include "mmlcore/graph/rank_layout.hpp"

namespace mmlcore {

struct ClosedClasses {
  index_t closed = 0;  // closed parts
  index_t period = 1;  // of the closed part, where there is one
};

// `landing`: (nodes), where surfers go from a node without edges; null: anywhere.
template <class Index>
ClosedClasses closed_classes(const RankLayout<Index>& graph, const double* landing);

}  // namespace mmlcore
