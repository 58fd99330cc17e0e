// Is a graph that was read from files what build_layout could have made? Every number that a kernel uses as an address or
// divides by is looked at, so that a damaged file is an error and never a crash or a wrong rank.
#include <algorithm>
#include <cmath>
#include <string>

#include "mmlcore/core/errors.hpp"
#include "mmlcore/core/pages.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/graph/rank_layout.hpp"

namespace mmlcore {
namespace {

void need(bool holds, const char* what) {
  if (!holds) throw DomainError(std::string("the graph is damaged: ") + what + ".");
}

// Distinct numbers below `limit`.
template <class Index>
void need_distinct(const Buffer<Index>& values, index_t limit, const char* what) {
  std::vector<bool> seen(limit, false);
  for (const Index value : values) {
    need(static_cast<std::uint64_t>(value) < static_cast<std::uint64_t>(limit) && !seen[value], what);
    seen[value] = true;
  }
}

void need_between(const Buffer<double>& values, double least, double most, const char* what) {
  for (const double x : values) need(x >= least && x <= most, what);
}

template <class Index>
void check_nodes(const RankLayout<Index>& g) {
  const index_t n = g.nodes, non_dangling = g.non_dangling;
  need(non_dangling >= 0 && non_dangling <= n && g.in_degree.size() == n && g.row.size() == n,
       "arrays of the nodes have wrong lengths");
  need(g.permutation.size() == 0 || g.permutation.size() == (g.weighted ? n : non_dangling),
       "the places have a wrong length");
  need(g.weighted ? g.strength.size() == non_dangling && g.out_degree.size() == 0 : g.out_degree.size() == non_dangling,
       "edges out of the nodes have a wrong length");
  need(g.live_fraction.size() == 0 || g.live_fraction.size() == non_dangling, "shares have a wrong length");
  need(g.self_weight.size() == 0 || g.self_weight.size() == non_dangling, "self-edges have a wrong length");
  need_distinct(g.row, n, "the rows are no order of the nodes");
  // A weighted graph has places behind the non-dangling ones for nodes that are pointed from with weight 0.
  need_distinct(g.permutation, g.weighted ? n : non_dangling, "the places are no order of the nodes");
  std::uint64_t edges = 0;
  for (const Index out : g.out_degree) {
    need(out > 0 && static_cast<std::uint64_t>(out) <= static_cast<std::uint64_t>(g.edges) - edges,
         "the edges out of the nodes are not those that there are");
    edges += out;
  }
  need(g.weighted || edges == static_cast<std::uint64_t>(g.edges),
       "the edges out of the nodes are not those that there are");
  for (const double w : g.strength) need(w > 0 && std::isfinite(w), "a node's weight is not positive");
  need_between(g.live_fraction, -1e-6, 1 + 1e-6, "a share is not between 0 and 1");
  need_between(g.self_weight, 0, 1 + 1e-6, "a self-edge's share is not between 0 and 1");
}

template <class Index>
void check_pieces(const RankLayout<Index>& g) {
  index_t slot = 0, edge = 0;
  for (std::size_t p = 0; p < g.pieces.size(); ++p) {
    const Piece& piece = g.pieces[p];
    if (static_cast<index_t>(p) == g.non_dangling_pieces)
      need(slot == g.non_dangling, "pieces of rows do not separate non_dangling from dangling");
    // Edges of dangling rows lie between those of non-dangling ones: a piece's edges follow its own rows only.
    need(piece.slot == slot && piece.slots > 0 && piece.slots <= g.nodes - slot, "pieces of rows leave a gap");
    index_t edges = 0;
    for (index_t i = 0; i < piece.slots; ++i) {
      const auto more = static_cast<std::uint64_t>(g.in_degree[slot + i]);
      need(more <= static_cast<std::uint64_t>(g.edges - edges), "a row has more edges than there are");
      edges += static_cast<index_t>(more);
    }
    need(piece.edge >= 0 && piece.edge <= g.edges - edges, "a piece of rows reaches beyond the edges");
    slot += piece.slots;
    edge += edges;
  }
  need(slot == g.nodes && edge == g.edges, "pieces of rows do not hold all edges");
  need(g.non_dangling_pieces >= 0 && g.non_dangling_pieces <= static_cast<index_t>(g.pieces.size()),
       "the number of pieces is wrong");
  if (g.non_dangling_pieces == static_cast<index_t>(g.pieces.size()))
    need(g.non_dangling == g.nodes, "dangling rows are in no piece");
}

}  // namespace

template <class Index>
void check_layout(const RankLayout<Index>& g, bool mapped) {
  need(g.nodes >= 0 && g.edges >= 0 && g.source.size() >= g.edges, "it has fewer edges than it says");
  need(!g.weighted || g.weight.size() >= g.edges, "it has fewer weights than edges");
  check_nodes(g);
  check_pieces(g);
  constexpr index_t step = index_t{1} << 16;
  // Without `place` a place is a node's number.
  const auto limit = static_cast<std::uint64_t>(g.weighted ? g.nodes : g.positions());
  const index_t tasks = (g.edges + step - 1) / step;
  std::vector<double> sums(tasks);
  parallel_tasks(tasks, [&](index_t task) {
    const index_t first = task * step, last = std::min(g.edges, first + step);
    std::uint64_t most = 0;
    for (index_t e = first; e < last; ++e) most = std::max<std::uint64_t>(most, g.source[e]);
    need(most < limit, "an edge comes from a node that does not exist");
    if (g.weighted) {
      for (index_t e = first; e < last; ++e) {
        need(g.weight[e] >= 0 && std::isfinite(g.weight[e]), "a weight is negative or not finite");
        sums[task] += g.weight[e];
      }
    }
    if (!mapped) return;
    release_mapped(g.source.data(), first, last - first);
    if (g.weighted) release_mapped(g.weight.data(), first, last - first);
  });
  if (!g.weighted) return;
  double total = 0, out = 0;
  for (const double sum : sums) total += sum;
  for (const double w : g.strength) out += w;
  need(std::abs(total - out) <= 1e-8 * total, "the weights out of the nodes are not those of the edges");
}

template void check_layout<std::uint32_t>(const RankLayout<std::uint32_t>&, bool);
template void check_layout<std::uint64_t>(const RankLayout<std::uint64_t>&, bool);

}  // namespace mmlcore
