// A graph as PageRank reads it: for each node the list of nodes that link to it (compressed rows, CSR of the transposed
// matrix).
//
// Built from edge arrays in two passes (a radix partition): edges are first put into buckets of some thousand neighbouring
// targets, in the order they came, then each bucket is sorted by counting within the cache. A direct counting sort would
// write to n places at once and miss the cache at every edge. Both passes run in parallel; the order of the edges of a row
// is that of the input, for any number of threads.
//
// Memory: 4 bytes an edge and 8 a node (12 an edge with weights); while building, 8 bytes an edge more.
#pragma once

#include <string>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

struct InEdges {
  index_t nodes = 0, edges = 0;
  Buffer<index_t> start;        // (nodes + 1): the row of node i is [start[i], start[i + 1])
  Buffer<std::int32_t> source;  // (edges)
  Buffer<double> weight;        // (edges), empty when every edge counts 1
  Buffer<double> out_weight;    // (nodes): sum of the weights of the edges that leave the node; 0 marks a dangling one
};

// source and target hold indices in [0, nodes); weights may be null. Throws IndexError naming the first edge out of range.
InEdges build_in_edges(VectorView<const std::int64_t> source, VectorView<const std::int64_t> target, const double* weight,
                       index_t nodes);

// Edge list in text: two integers a line, a third column is the weight; separated by blanks, tabs or a comma; lines that
// start with # or % are comments. Throws DomainError naming the line. Vectors are filled edge by edge.
struct EdgeText {
  Buffer<std::int64_t> source, target;
  Buffer<double> weight;
  index_t edges = 0;
  bool weighted = false;
};
EdgeText parse_edges(const char* text, index_t size);

}  // namespace mmlcore
