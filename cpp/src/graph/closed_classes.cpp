#include "mmlcore/graph/closed_classes.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "mmlcore/core/interrupt.hpp"

namespace mmlcore {
namespace {

// Nodes are slots; `hub` stands for the jump of the dangling ones. Sources of hub: all dangling slots. Hub is a source of
// every slot that is landed on, as the last one.
template <class Index>
class ReversedEdges {
 public:
  ReversedEdges(const RankLayout<Index>& graph, const double* landing)
      : hub(graph.nodes), g_(graph), landing_(landing), start_(graph.nodes + 1), slot_at_(graph.nodes) {
    for (const Piece& piece : g_.pieces) {
      index_t edge = piece.edge;
      for (index_t i = piece.slot, end = i + piece.slots; i < end; ++i) {
        start_[i] = edge;
        edge += static_cast<index_t>(g_.in_degree[i]);
      }
    }
    for (index_t i = 0; i < g_.nodes; ++i) {
      if (g_.permutation.size() == 0 || i < g_.permutation.size()) slot_at_[static_cast<index_t>(g_.position_of(i))] = i;
    }
  }

  index_t sources(index_t slot) const {
    return slot == hub ? g_.nodes - g_.non_dangling : static_cast<index_t>(g_.in_degree[slot]) + (landed_on(slot) ? 1 : 0);
  }

  // The k-th source of a slot; -1 for an edge of weight 0.
  index_t source(index_t slot, index_t k) const {
    if (slot == hub) return g_.non_dangling + k;
    if (k == static_cast<index_t>(g_.in_degree[slot])) return hub;
    const index_t edge = start_[slot] + k;
    if (g_.weighted && g_.weight[edge] == 0) return -1;
    return slot_at_[static_cast<index_t>(g_.source[edge])];
  }

  // Steps of the surfer from `source` to a slot.
  index_t steps(index_t source) const { return source == hub ? 0 : 1; }

  const index_t hub;

 private:
  bool landed_on(index_t slot) const { return !landing_ || landing_[static_cast<index_t>(g_.row[slot])] > 0; }

  const RankLayout<Index>& g_;
  const double* landing_;
  Buffer<std::int64_t> start_, slot_at_;
};

struct Parts {
  std::vector<std::int64_t> part, level;  // by slot, hub last
  index_t count = 0;
};

// Tarjan's depth-first search, with a stack of its own: a path may be as long as the graph.
template <class Index>
Parts strong_parts(const ReversedEdges<Index>& edges) {
  constexpr std::int64_t unseen = -1;
  const index_t nodes = edges.hub + 1;
  Parts parts{std::vector<std::int64_t>(nodes, unseen), std::vector<std::int64_t>(nodes), 0};
  std::vector<std::int64_t> order(nodes, unseen), low(nodes), open;
  struct Visit {
    index_t slot, next;
  };
  std::vector<Visit> path;
  std::int64_t seen = 0;
  const auto enter = [&](index_t slot) {
    order[slot] = low[slot] = seen++;
    open.push_back(slot);
    path.push_back({slot, 0});
    if (seen % (1 << 16) == 0) poll_interrupt();
  };
  for (index_t root = 0; root < nodes; ++root) {
    if (order[root] == unseen) enter(root);
    while (!path.empty()) {
      const index_t slot = path.back().slot;
      if (path.back().next < edges.sources(slot)) {
        const index_t source = edges.source(slot, path.back().next++);
        if (source < 0) continue;
        if (order[source] == unseen) {
          parts.level[source] = parts.level[slot] - edges.steps(source);
          enter(source);
        } else if (parts.part[source] == unseen) {
          low[slot] = std::min(low[slot], order[source]);
        }
        continue;
      }
      path.pop_back();
      if (!path.empty()) low[path.back().slot] = std::min(low[path.back().slot], low[slot]);
      if (low[slot] != order[slot]) continue;
      index_t member;
      do {
        member = open.back();
        open.pop_back();
        parts.part[member] = parts.count;
      } while (member != slot);
      ++parts.count;
    }
  }
  return parts;
}

}  // namespace

template <class Index>
ClosedClasses closed_classes(const RankLayout<Index>& graph, const double* landing) {
  const ReversedEdges<Index> edges(graph, landing);
  const Parts parts = strong_parts(edges);
  std::vector<bool> closed(parts.count, true);
  std::vector<std::int64_t> period(parts.count, 0);
  for (index_t slot = 0; slot <= edges.hub; ++slot) {
    const index_t part = parts.part[slot];
    for (index_t k = 0, count = edges.sources(slot); k < count; ++k) {
      const index_t source = edges.source(slot, k);
      if (source < 0) continue;
      if (parts.part[source] != part) {
        closed[parts.part[source]] = false;
      } else {
        period[part] = std::gcd(period[part], parts.level[source] + edges.steps(source) - parts.level[slot]);
      }
    }
  }
  ClosedClasses result;
  for (index_t part = 0; part < parts.count; ++part) {
    if (!closed[part]) continue;
    ++result.closed;
    result.period = std::max<index_t>(1, period[part]);
  }
  return result;
}

template ClosedClasses closed_classes<std::uint32_t>(const RankLayout<std::uint32_t>&, const double*);
template ClosedClasses closed_classes<std::uint64_t>(const RankLayout<std::uint64_t>&, const double*);

}  // namespace mmlcore
