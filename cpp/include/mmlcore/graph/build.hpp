// From a list of edges to compressed rows, in parallel and in linear time.
//
// A counting sort by target, in two levels so that each works inside the cache (radix partition, as in hash joins: Balkesen
// et al., "Multi-core, main-memory joins: sort vs. hash revisited", VLDB 2013):
//
//   1. Count. Each chunk of edges counts its targets by range of rows (a few thousand rows), and the edges out of each node.
//   2. Partition. Each chunk writes its edges to their ranges. A line of 64 bytes is collected for every range and written
//      whole, past the cache: memory sees neither a read of what will be overwritten nor a miss of the address table for
//      every edge. An edge is one 32-bit word while the bits of a node and of a row within its range fit into it.
//   3. Merge, where it is asked for. A word holds source and row: the words of a range are sorted, equal ones become one.
//   4. Order. Each range, now in the second-level cache, is counted by row and its edges are put in their rows, in place.
//
// Edges of a row keep the order of the input (merged ones come by source) and nothing depends on the number of threads: the
// same edges give the same graph, bit for bit. Cost: the columns are read twice, the edges written and read twice more.
// Memory beside the result: one word of 4 bytes a node and thread, the largest range, and, where an edge does not fit into
// 32 bits, a word of 8 bytes an edge.
//
// A graph larger than memory is built in the same way in files that are mapped into memory: what was read or written is
// given back to the system task by task.
#pragma once

#include "mmlcore/graph/edges.hpp"
#include "mmlcore/graph/rank_layout.hpp"

namespace mmlcore {

enum class Combine { kKeep, kSum, kFirst };  // repeated edges

// Mapped files that take what has an entry for each edge; the first two become the graph's own.
struct EdgeFiles {
  void* source = nullptr;          // (edges) Index
  double* weight = nullptr;        // (edges), where the graph will have weights
  std::uint64_t* words = nullptr;  // (edges) scratch, where needs_words() says so
  double* word_weight = nullptr;   // (edges) scratch, as `weight`
};

struct BuildOptions {
  Combine combine = Combine::kKeep;
  const EdgeFiles* files = nullptr;  // null: in memory
};

// Whether an edge of such a graph takes a word wider than an index of 32 bits.
bool needs_words(index_t nodes, index_t edges);

// Throws DomainError when an id is not in [0, nodes), or a weight is negative, NaN or infinite.
template <class Index>
RankLayout<Index> build_layout(const Edges& edges, index_t nodes, const BuildOptions& options = {});

}  // namespace mmlcore
