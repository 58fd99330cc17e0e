// The steps of build_layout that look at nodes: edges out of each, which are non-dangling, where each lies. Private to
// build.cpp.
#pragma once

#include <cstdint>
#include <vector>

#include "mmlcore/graph/edges.hpp"
#include "mmlcore/graph/rank_layout.hpp"

namespace mmlcore::graph {

// How the work is cut, from the sizes alone.
struct Blocking {
  index_t nodes, edges;
  int id_bits, row_bits;  // a node's number; a row's number within its range
  index_t ranges, chunk, chunks;

  Blocking(index_t nodes, index_t edges);
  bool narrow() const { return id_bits + row_bits <= 32; }  // an edge fits into 32 bits
  index_t chunk_end(index_t c) const { return c + 1 == chunks ? edges : (c + 1) * chunk; }
};

// What one reading of the columns tells.
template <class Index>
struct Counts {
  Buffer<Index> out_degree;          // (nodes)
  Buffer<double> strength;           // (nodes), weighted only
  Buffer<double> factor;             // (nodes): powers of two that weights of edges out of a node are multiplied with, since
                                     // their shares alone count; empty: all are 1
  std::vector<index_t> first;        // (chunks, ranges): where a chunk's edges of a range start; then the end of all
  std::vector<index_t> range_begin;  // (ranges + 1)
  index_t forward = 0;               // edges to a node of a higher number
};

// The columns are read twice, and may be written to meanwhile by another thread or process: no count of the first reading is
// trusted with an address in the second.
[[noreturn]] void refuse_changed_columns();

template <class Index>
Counts<Index> count_edges(const Edges& edges, const Blocking& cut);

// The numbers of nodes ordered by falling out-degree (in classes of a quarter octave), dangling ones last; empty where the
// order would not make the gathered vector smaller or its much-read part denser.
template <class Index>
Buffer<Index> dense_order(const Buffer<Index>& out_degree, index_t non_dangling);

// An edge from a row to itself.
struct Loop {
  index_t slot;
  double weight;
};

// Fill layout.self_weight from the edges found to lead from a row to itself, by range; layout.live_fraction from those of
// dangling rows.
template <class Index>
void share_to_self(RankLayout<Index>& layout, const std::vector<std::vector<Loop>>& loops);
template <class Index>
void share_to_live(RankLayout<Index>& layout, bool mapped);

}  // namespace mmlcore::graph
