// What the iteration needs to know of the edges out of a row beyond their number: how many lead to non-dangling rows, and to
// itself.
#include <algorithm>

#include "builder.hpp"
#include "mmlcore/core/pages.hpp"
#include "mmlcore/core/parallel.hpp"

namespace mmlcore::graph {

template <class Index>
void share_to_self(RankLayout<Index>& g, const std::vector<std::vector<Loop>>& loops) {
  if (std::all_of(loops.begin(), loops.end(), [](const auto& one) { return one.empty(); })) return;
  g.self_weight = Buffer<double>(g.non_dangling);
  std::fill(g.self_weight.begin(), g.self_weight.end(), 0.0);
  for (const auto& range : loops) {
    for (const Loop& one : range) {
      if (one.slot < g.non_dangling) g.self_weight[one.slot] += one.weight / g.out_of(one.slot);
    }
  }
}

// Counted from the edges of dangling rows. Counts are whole numbers and may be added in any order; sums of weights are added
// in the order of the rows, by one thread.
template <class Index>
void share_to_live(RankLayout<Index>& g, bool mapped) {
  const auto pieces = static_cast<index_t>(g.pieces.size());
  index_t edges = 0;
  for (index_t i = g.non_dangling; i < g.nodes; ++i) edges += static_cast<index_t>(g.in_degree[i]);
  if (edges == 0) return;
  Buffer<Index> count(g.weighted ? 0 : g.positions());
  Buffer<double> sum(g.weighted ? g.nodes : 0);
  std::fill(count.begin(), count.end(), Index{0});
  std::fill(sum.begin(), sum.end(), 0.0);
  parallel_tasks(pieces - g.non_dangling_pieces, g.weighted ? 1 : num_threads(), [&](index_t p) {
    const Piece& piece = g.pieces[g.non_dangling_pieces + p];
    index_t end = piece.edge;
    for (index_t i = 0; i < piece.slots; ++i) end += static_cast<index_t>(g.in_degree[piece.slot + i]);
    for (index_t e = piece.edge; e < end; ++e) {
      const auto place = static_cast<index_t>(g.source[e]);
      if (g.weighted) {
        sum[place] += g.weight[e];
      } else {
        __atomic_fetch_add(&count[place], Index{1}, __ATOMIC_RELAXED);
      }
    }
    if (!mapped) return;
    release_pages(g.source.data(), piece.edge, end - piece.edge);
    if (g.weighted) release_pages(g.weight.data(), piece.edge, end - piece.edge);
  });
  g.live_fraction = Buffer<double>(g.non_dangling);
  parallel_ranges(g.non_dangling, 1 << 14, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) {
      const auto place = static_cast<index_t>(g.position_of(i));
      g.live_fraction[i] = 1 - (g.weighted ? sum[place] : static_cast<double>(count[place])) / g.out_of(i);
    }
  });
}

template void share_to_self<std::uint32_t>(RankLayout<std::uint32_t>&, const std::vector<std::vector<Loop>>&);
template void share_to_self<std::uint64_t>(RankLayout<std::uint64_t>&, const std::vector<std::vector<Loop>>&);
template void share_to_live<std::uint32_t>(RankLayout<std::uint32_t>&, bool);
template void share_to_live<std::uint64_t>(RankLayout<std::uint64_t>&, bool);

}  // namespace mmlcore::graph
