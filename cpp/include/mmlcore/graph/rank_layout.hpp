// How a graph is kept: compressed rows of in-edges, arranged for the passes of PageRank.
//
// Row t lists the sources s of the edges s -> t, because a rank is a sum over those who point here. Three arrangements make
// a pass over the rows fast; none of them is seen from outside.
//
// * Slots. The rows that have edges out (non-dangling) come first and the dangling ones behind them: a dangling row feeds
// nobody,
//   so an iteration leaves it out and it is computed once, at the end. In a large graph the non-dangling rows of each range
//   of rows are sorted by in-degree: neighbouring rows then have equal lengths and the end of the inner loop is predicted.
// * Places. The vector that all rows gather from holds non-dangling nodes at the front; in a graph whose edges come from few
// hubs
//   the nodes are ordered by falling out-degree, so that what is read most lies together in the cache.
// * Pieces. Slots are cut into pieces of about equal work: the tasks of the thread pool. They depend on the graph alone.
//
// Memory: one Index an edge (and 8 bytes for a weight), four Index a node. Index is 32 bits wide where that suffices.
#pragma once

#include <cstdint>
#include <vector>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/pages.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

// Graphs of fewer edges are one thread's work, row by row in place, and keep the order of their rows.
inline constexpr index_t kSerialEdges = index_t{1} << 19;

struct Piece {
  index_t slot, slots;  // rows slot ... slot + slots - 1
  index_t edge;         // where their edges start; row after row without a gap
};

template <class Index>
struct RankLayout {
  index_t nodes = 0, edges = 0, non_dangling = 0;
  bool weighted = false;

  Buffer<Index> source;          // (edges) place of the source of each edge, row by row
  Buffer<double> weight;         // (edges) empty when all weights are 1
  Buffer<Index> in_degree;       // (nodes) by slot
  Buffer<Index> row;             // (nodes) by slot: the node
  Buffer<Index> permutation;     // (non-dangling; nodes when weighted) by slot: where the node's value lies in the
                                 // gathered vector; empty: at place row[slot]
  Buffer<Index> out_degree;      // (non-dangling) by slot; empty when weighted
  Buffer<double> strength;       // (non-dangling) by slot: sum of the weights of the edges out; empty when unweighted
  Buffer<double> live_fraction;  // (non-dangling) by slot: share of the edges (by weight) that lead to non-dangling rows;
                                 // empty where it is 1 for all
  Buffer<double> self_weight;    // (non-dangling) by slot: share of the edges that lead back to the row itself; empty where
                                 // there are none

  std::vector<Piece> pieces;  // of non-dangling slots, then from piece `non_dangling_pieces` on of dangling ones
  index_t non_dangling_pieces = 0;

  Index position_of(index_t slot) const { return permutation.size() ? permutation[slot] : row[slot]; }
  double out_of(index_t slot) const { return weighted ? strength[slot] : static_cast<double>(out_degree[slot]); }
  index_t positions() const { return permutation.size() ? non_dangling : nodes; }
};

// The graph without its arrangements: rows in the order of the nodes, edges of a row in the order of the input.
struct CsrArrays {
  Buffer<std::int64_t> start;   // (nodes + 1)
  Buffer<std::int64_t> source;  // (edges)
  Buffer<double> weight;        // (edges), empty when all weights are 1
  Buffer<double> out_weight;    // (nodes)
};

template <class Index>
CsrArrays to_csr(const RankLayout<Index>& graph);

// Throws DomainError when a graph from files is not what build_layout makes (src/graph/check.cpp).
template <class Index>
void check_layout(const RankLayout<Index>& graph, bool mapped);

// The edges of a piece were read and its file is mapped: their pages are given back (core/pages.hpp).
template <class Index>
void release_piece(const RankLayout<Index>& g, const Piece& piece, index_t edges) {
  release_mapped(g.source.data(), piece.edge, edges);
  if (g.weighted) release_mapped(g.weight.data(), piece.edge, edges);
  release_mapped(g.in_degree.data(), piece.slot, piece.slots);
}

}  // namespace mmlcore
