#include "mmlcore/graph/pagerank.hpp"

#include <algorithm>
#include <cstdint>

#include "lazy.hpp"
#include "solver.hpp"

namespace mmlcore {
namespace {

using graph::LazyWalk;
using graph::Narrowed;
using graph::NodeVectors;
using graph::Simd8;
using graph::Solver;

// From that many bytes of gathered values on they do not fit into the cache, and single precision pays.
constexpr index_t kBeyondCache = index_t{1} << 22;

template <class V, class Index>
RankResult solve(const RankLayout<Index>& graph, const RankOptions& options, const NodeVectors& rows, double* ranks) {
  const index_t bytes = graph.positions() * static_cast<index_t>(sizeof(V));
  if (bytes >= kBeyondCache && options.damping <= graph::kSingleDamping) {
    return Solver<Index, V, Narrowed<V>>(graph, options, rows).solve(ranks);
  }
  return Solver<Index, V>(graph, options, rows).solve(ranks);
}

template <class Index>
RankResult single(const RankLayout<Index>& graph, RankOptions options, const double* restart, double* ranks) {
  if (options.damping < 1) {
    return solve<double>(graph, options, NodeVectors{restart, graph.nodes, 1}, ranks);
  }
  options.restart = restart;
  return LazyWalk<Index>(graph, options, graph.edges < kSerialEdges ? 1 : num_threads()).solve(ranks);
}

}  // namespace

template <class Index>
RankResult pagerank(const RankLayout<Index>& graph, const RankOptions& options, double* ranks) {
  if (graph.nodes == 0) return {0, 0.0, true};
  if (!options.restart) return single(graph, options, nullptr, ranks);
  // Two problems are solved one by one in less time than eight that are two.
  constexpr index_t kTogether = 3, kMost = graph::kWidth<Simd8>;
  RankResult all{0, 0, true};
  for (index_t first = 0; first < options.problems;) {
    const index_t left = options.problems - first,
                  count = left >= kTogether && options.damping < 1 ? std::min(left, kMost) : 1;
    const double* restart = options.restart + first * graph.nodes;
    double* out = ranks + first * graph.nodes;
    const NodeVectors rows{restart, graph.nodes, static_cast<int>(count)};
    const RankResult one = count == 1 ? single(graph, options, restart, out) : solve<Simd8>(graph, options, rows, out);
    all.iterations = std::max(all.iterations, one.iterations);
    all.error = std::max(all.error, one.error);
    all.converged = all.converged && one.converged;
    first += count;
  }
  return all;
}

template RankResult pagerank<std::uint32_t>(const RankLayout<std::uint32_t>&, const RankOptions&, double*);
template RankResult pagerank<std::uint64_t>(const RankLayout<std::uint64_t>&, const RankOptions&, double*);

}  // namespace mmlcore
