// From a list of links to compressed rows, in parallel and in linear time.
//
// A counting sort by target, in two levels so that each works inside the cache (radix partition, as in hash joins: Balkesen
// et al., "Multi-core, main-memory joins: sort vs. hash revisited", VLDB 2013):
//
//   1. Count. Each chunk of links counts its targets by range of rows (a few thousand rows), and the links out of each node.
//   2. Partition. Each chunk writes its links to their ranges. A line of 64 bytes is collected for every range and written
//      whole, past the cache: memory sees neither a read of what will be overwritten nor a miss of the address table for
//      every link. A link is one 32-bit word while the bits of a node and of a row within its range fit into it.
//   3. Order. Each range, now in the second-level cache, is counted by row and its links are put in their rows, in place.
//
// Links of a row keep the order of the input and nothing depends on the number of threads: the same links give the same
// graph, bit for bit. Cost: the columns are read twice, the links written and read twice more; memory beside the result: one
// word of 4 bytes a node and thread, and the largest range.
#pragma once

#include "mmlcore/graph/csr.hpp"
#include "mmlcore/graph/edges.hpp"

namespace mmlcore {

// Throws DomainError when an id is not in [0, nodes), or a weight is negative, NaN or infinite.
template <class Index>
Csr<Index> build_csr(const Edges& edges, index_t nodes);

}  // namespace mmlcore
