#include "mmlcore/graph/in_edges.hpp"

#include <algorithm>
#include <atomic>
#include <string>

#include "mmlcore/core/errors.hpp"
#include "mmlcore/core/first_failure.hpp"
#include "mmlcore/core/parallel.hpp"

namespace mmlcore {
namespace {

constexpr index_t kChunks = 16;  // ranges of edges, in order: what is summed over chunks has a fixed order
constexpr index_t kMostBuckets = 1024;

struct Entry {
  std::int32_t source, target;
};

template <bool Weighted>
void build(VectorView<const std::int64_t> source, VectorView<const std::int64_t> target, const double* weight, InEdges& g) {
  const index_t m = g.edges, n = g.nodes, chunks = std::clamp<index_t>(m / 65536, 1, kChunks);
  int shift = 10;
  while (((n - 1) >> shift) >= kMostBuckets) ++shift;
  const index_t buckets = ((n - 1) >> shift) + 1;
  const auto chunk_begin = [&](index_t c) { return m * c / chunks; };

  // How many edges of each chunk fall into each bucket, and whether all of them are in range.
  enum class Side { source, target };
  FirstFailure<Side> bad;
  Buffer<index_t> place(chunks * buckets);
  std::fill(place.begin(), place.end(), index_t{0});
  parallel_tasks(chunks, [&](index_t c) {
    index_t* count = place.data() + c * buckets;
    for (index_t e = chunk_begin(c); e < chunk_begin(c + 1); ++e) {
      const std::uint64_t s = static_cast<std::uint64_t>(source[e]), t = static_cast<std::uint64_t>(target[e]);
      if (s >= static_cast<std::uint64_t>(n)) return bad.record(e, Side::source);
      if (t >= static_cast<std::uint64_t>(n)) return bad.record(e, Side::target);
      ++count[t >> shift];
    }
  });
  if (bad.any()) {
    const bool is_source = bad.kind() == Side::source;
    throw IndexError(std::string(is_source ? "source" : "target") + ": edge " + std::to_string(bad.item()) + " names node " +
                     std::to_string(is_source ? source[bad.item()] : target[bad.item()]) + ", needed 0 to " +
                     std::to_string(n - 1) + ".");
  }
  Buffer<index_t> bucket_start(buckets + 1);
  index_t at = 0;
  for (index_t b = 0; b < buckets; ++b) {
    bucket_start[b] = at;
    for (index_t c = 0; c < chunks; ++c) at += std::exchange(place[c * buckets + b], at);
  }
  bucket_start[buckets] = m;

  // First pass: into buckets. Second: each bucket by counting.
  Buffer<Entry> entries(m);
  Buffer<double> moved(Weighted ? m : 0);
  parallel_tasks(chunks, [&](index_t c) {
    index_t* to = place.data() + c * buckets;
    for (index_t e = chunk_begin(c); e < chunk_begin(c + 1); ++e) {
      const index_t p = to[target[e] >> shift]++;
      entries[p] = {static_cast<std::int32_t>(source[e]), static_cast<std::int32_t>(target[e])};
      if constexpr (Weighted) moved[p] = weight[e];
    }
  });
  parallel_tasks(buckets, [&](index_t b) {
    const index_t first = b << shift, last = std::min(n, (b + 1) << shift);
    index_t* start = g.start.data();
    Buffer<index_t> next(last - first + 1);
    std::fill(next.begin(), next.end(), index_t{0});
    for (index_t p = bucket_start[b]; p < bucket_start[b + 1]; ++p) ++next[entries[p].target - first + 1];
    next[0] = bucket_start[b];
    for (index_t i = first; i < last; ++i) {
      start[i] = next[i - first];
      next[i - first + 1] += next[i - first];
    }
    for (index_t p = bucket_start[b]; p < bucket_start[b + 1]; ++p) {
      const index_t to = next[entries[p].target - first]++;
      g.source[to] = entries[p].source;
      if constexpr (Weighted) g.weight[to] = moved[p];
    }
  });
  g.start[n] = m;
}

// Sums over the edges that leave each node: a few private copies, added in order.
template <bool Weighted>
void sum_out_weights(VectorView<const std::int64_t> source, const double* weight, InEdges& g) {
  using Count = std::conditional_t<Weighted, double, std::int32_t>;
  const index_t m = g.edges, n = g.nodes, copies = std::clamp<index_t>(m / (4 * n + 65536), 1, 4);
  Buffer<Count> sums(copies * n);
  parallel_tasks(copies, [&](index_t c) {
    Count* sum = sums.data() + c * n;
    std::fill(sum, sum + n, Count{0});
    for (index_t e = m * c / copies; e < m * (c + 1) / copies; ++e) {
      if constexpr (Weighted) {
        sum[source[e]] += weight[e];
      } else {
        ++sum[source[e]];
      }
    }
  });
  parallel_ranges(n, 1 << 14, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) {
      double total = 0;
      for (index_t c = 0; c < copies; ++c) total += sums[c * n + i];
      g.out_weight[i] = total;
    }
  });
}

}  // namespace

InEdges build_in_edges(VectorView<const std::int64_t> source, VectorView<const std::int64_t> target, const double* weight,
                       index_t nodes) {
  InEdges g;
  g.nodes = nodes;
  g.edges = source.size;
  if (nodes == 0 && g.edges > 0) throw IndexError("source: there are edges but no nodes.");
  g.start = Buffer<index_t>(nodes + 1);
  g.start[nodes] = 0;
  g.source = Buffer<std::int32_t>(g.edges);
  g.out_weight = Buffer<double>(nodes);
  if (weight) g.weight = Buffer<double>(g.edges);
  if (nodes == 0) return g;
  if (weight) {
    build<true>(source, target, weight, g);
    sum_out_weights<true>(source, weight, g);
  } else {
    build<false>(source, target, weight, g);
    sum_out_weights<false>(source, weight, g);
  }
  return g;
}

}  // namespace mmlcore
