// How a graph is kept: compressed rows of in-links, arranged for the passes of PageRank.
//
// Row t lists the sources s of the links s -> t, because a rank is a sum over those who link here. Three arrangements make
// a pass over the rows fast; none of them is seen from outside.
//
// * Slots. The rows that have links out (live) come first and the dangling ones behind them: a dangling row feeds nobody,
//   so an iteration leaves it out and it is computed once, at the end. In a large graph the live rows of each range of
//   rows are sorted by in-degree: neighbouring rows then have equal lengths and the end of the inner loop is predicted.
// * Places. The vector that all rows gather from holds live nodes at the front; in a graph whose links come from few hubs
//   the nodes are ordered by falling out-degree, so that what is read most lies together in the cache.
// * Pieces. Slots are cut into pieces of about equal work: the tasks of the thread pool. They depend on the graph alone.
//
// Memory: one Index a link (and 8 bytes for a weight), four Index a node. Index is 32 bits wide where that suffices.
#pragma once

#include <cstdint>
#include <vector>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/pages.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

// Graphs of fewer links are one thread's work, row by row in place, and keep the order of their rows.
inline constexpr index_t kSerialLinks = index_t{1} << 19;

struct Piece {
  index_t slot, slots;  // rows slot ... slot + slots - 1
  index_t edge;         // where their links start; row after row without a gap
};

template <class Index>
struct Csr {
  index_t nodes = 0, edges = 0, live = 0;
  bool weighted = false;

  Buffer<Index> source;      // (edges) place of the source of each link, row by row
  Buffer<double> weight;     // (edges) empty when all weights are 1
  Buffer<Index> in_degree;   // (nodes) by slot
  Buffer<Index> row;         // (nodes) by slot: the node
  Buffer<Index> place;       // (live; nodes when weighted) by slot: where the node's value lies in the
                             // gathered vector; empty: at place row[slot]
  Buffer<Index> out_degree;  // (live) by slot; empty when weighted
  Buffer<double> strength;   // (live) by slot: sum of the weights of the links out; empty when unweighted
  Buffer<double> kept;  // (live) by slot: share of the links (by weight) that lead to live rows; empty where it is 1 for all
  Buffer<double> loop;  // (live) by slot: share of the links that lead back to the row itself; empty where there are none

  std::vector<Piece> pieces;  // of live slots, then from piece `live_pieces` on of dangling ones
  index_t live_pieces = 0;

  Index place_of(index_t slot) const { return place.size() ? place[slot] : row[slot]; }
  double out_of(index_t slot) const { return weighted ? strength[slot] : static_cast<double>(out_degree[slot]); }
  index_t places() const { return place.size() ? live : nodes; }
};

// The graph without its arrangements: rows in the order of the nodes, links of a row in the order of the input.
struct PlainRows {
  Buffer<std::int64_t> start;   // (nodes + 1)
  Buffer<std::int64_t> source;  // (edges)
  Buffer<double> weight;        // (edges), empty when all weights are 1
  Buffer<double> out_weight;    // (nodes)
};

template <class Index>
PlainRows plain_rows(const Csr<Index>& graph);

// Throws DomainError when a graph from files is not what build_csr makes (src/graph/check.cpp).
template <class Index>
void check_csr(const Csr<Index>& graph, bool mapped);

// The links of a piece were read and its file is mapped: their pages are given back (core/pages.hpp).
template <class Index>
void release_piece(const Csr<Index>& g, const Piece& piece, index_t links) {
  release_mapped(g.source.data(), piece.edge, links);
  if (g.weighted) release_mapped(g.weight.data(), piece.edge, links);
  release_mapped(g.in_degree.data(), piece.slot, piece.slots);
}

}  // namespace mmlcore
