#include <algorithm>

#include "mmlcore/graph/rank_layout.hpp"

namespace mmlcore {

template <class Index>
CsrArrays to_csr(const RankLayout<Index>& graph) {
  const index_t n = graph.nodes, m = graph.edges;
  CsrArrays rows{Buffer<std::int64_t>(n + 1), Buffer<std::int64_t>(m), Buffer<double>(graph.weighted ? m : 0),
                 Buffer<double>(n)};
  // Without the array `place` a place is the node's own number.
  Buffer<std::int64_t> node_at(graph.permutation.size() ? n : 0);
  std::fill(rows.out_weight.begin(), rows.out_weight.end(), 0.0);
  std::fill(rows.start.begin(), rows.start.end(), std::int64_t{0});
  for (index_t i = 0; i < n; ++i) {
    const auto node = static_cast<index_t>(graph.row[i]);
    rows.start[node + 1] = static_cast<std::int64_t>(graph.in_degree[i]);
    if (i < graph.non_dangling) rows.out_weight[node] = graph.out_of(i);
    if (i < graph.permutation.size()) node_at[static_cast<index_t>(graph.permutation[i])] = node;
  }
  for (index_t i = 0; i < n; ++i) rows.start[i + 1] += rows.start[i];
  for (const Piece& piece : graph.pieces) {
    index_t from = piece.edge;
    for (index_t i = piece.slot, end = i + piece.slots; i < end; ++i) {
      index_t to = rows.start[static_cast<index_t>(graph.row[i])];
      for (index_t k = 0, edges = static_cast<index_t>(graph.in_degree[i]); k < edges; ++k, ++from, ++to) {
        const auto place = static_cast<index_t>(graph.source[from]);
        rows.source[to] = node_at.size() ? node_at[place] : place;
        if (graph.weighted) rows.weight[to] = graph.weight[from];
      }
    }
  }
  return rows;
}

template CsrArrays to_csr<std::uint32_t>(const RankLayout<std::uint32_t>&);
template CsrArrays to_csr<std::uint64_t>(const RankLayout<std::uint64_t>&);

}  // namespace mmlcore
