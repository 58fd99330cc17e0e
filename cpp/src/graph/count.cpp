#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <string>

#include "builder.hpp"
#include "mmlcore/core/errors.hpp"
#include "mmlcore/core/parallel.hpp"

namespace mmlcore::graph {
namespace {

constexpr index_t kCopies = 16;    // counters of all nodes, at most
constexpr index_t kStrengths = 4;  // partial sums of weights: a fixed number, so that they repeat for any number of threads

[[noreturn]] void refuse_id(const char* name, const IdColumn& column, index_t first, index_t count, index_t nodes) {
  std::uint64_t ids[kEdgeBlock];
  column.load(first, count, ids);
  index_t i = 0;
  while (i + 1 < count && ids[i] < static_cast<std::uint64_t>(nodes)) ++i;
  const std::string got = column.is_signed ? std::to_string(static_cast<std::int64_t>(ids[i])) : std::to_string(ids[i]);
  throw DomainError(std::string(name) + ": edge " + std::to_string(first + i) + " names node " + got +
                    (nodes == 0 ? ", but num_nodes is 0." : ", needed 0 to " + std::to_string(nodes - 1) + "."));
}

bool is_weight(double w) { return w >= 0 && std::isfinite(w); }

// Names the first bad weight, whichever thread came upon one.
[[noreturn]] void refuse_weight(const VectorView<const double>& weights) {
  index_t at = 0;
  while (at + 1 < weights.size && is_weight(weights[at])) ++at;
  const double weight = weights[at];
  const std::string got = std::isnan(weight) ? "nan" : std::to_string(weight);
  throw DomainError("weight: edge " + std::to_string(at) + " has weight " + got +
                    ", needed finite and non-negative weights.");
}

// Lends counters to tasks: a task takes a set that no other task holds.
class Lender {
 public:
  explicit Lender(index_t sets) : free_(sets) {
    for (auto& one : free_) one.store(true, std::memory_order_relaxed);
  }
  index_t take() {
    for (;;) {
      for (index_t i = 0; i < static_cast<index_t>(free_.size()); ++i) {
        if (free_[i].exchange(false, std::memory_order_acquire)) return i;
      }
    }
  }
  void give(index_t i) { free_[i].store(true, std::memory_order_release); }

 private:
  std::vector<std::atomic<bool>> free_;
};

template <class Index>
struct Counter {
  const Edges& edges;
  const Blocking& cut;

  // One chunk: counts its sources into `degree` and its targets by range into `ranges`.
  index_t chunk(index_t c, Index* degree, index_t* ranges) const {
    Index s[kEdgeBlock], t[kEdgeBlock];
    const auto limit = static_cast<std::uint64_t>(cut.nodes);
    index_t forward = 0;
    std::vector<Index> count(cut.ranges, 0);
    for (index_t e = c * cut.chunk, end = cut.chunk_end(c); e < end; e += kEdgeBlock) {
      const index_t size = std::min(kEdgeBlock, end - e);
      if (edges.source.load(e, size, s) >= limit) refuse_id("source", edges.source, e, size, cut.nodes);
      if (edges.target.load(e, size, t) >= limit) refuse_id("target", edges.target, e, size, cut.nodes);
      Index ahead = 0;
      for (index_t i = 0; i < size; ++i) ahead += s[i] < t[i];
      forward += static_cast<index_t>(ahead);
      for (index_t i = 0; i < size; ++i) {
        ++degree[s[i]];
        ++count[t[i] >> cut.row_bits];
      }
    }
    std::copy(count.begin(), count.end(), ranges);
    edges.release(c * cut.chunk, cut.chunk_end(c) - c * cut.chunk);
    return forward;
  }

  // Weights in any unit: where those of a node are so large or small that their sum, or what a rank is divided by, would
  // leave the range, all of them are multiplied with a power of two, and summed again.
  void strengths(Counts<Index>& counts) const {
    sum_strengths(counts);
    const auto moderate = [](double w) { return w == 0 || (w > 0x1p-60 && w < 0x1p60); };
    if (std::all_of(counts.strength.begin(), counts.strength.end(), moderate)) return;
    counts.factor = Buffer<double>(cut.nodes);
    for (index_t i = 0; i < cut.nodes; ++i) {
      const double w = counts.strength[i];
      counts.factor[i] = moderate(w) ? 1.0 : std::isfinite(w) ? std::ldexp(1.0, -std::max(std::ilogb(w), -1000)) : 0x1p-1000;
    }
    sum_strengths(counts);
  }

  void sum_strengths(Counts<Index>& counts) const {
    const index_t n = cut.nodes, m = cut.edges, part = (m + kStrengths - 1) / kStrengths;
    const double* factor = counts.factor.size() ? counts.factor.data() : nullptr;
    Buffer<double> sums(kStrengths * n);
    parallel_ranges(kStrengths * n, 1 << 16,
                    [&](index_t begin, index_t end) { std::fill(sums.data() + begin, sums.data() + end, 0.0); });
    constexpr index_t step = index_t{1} << 20;
    for (index_t offset = 0; offset < part; offset += step) {  // many short regions: Ctrl-C is polled between them
      parallel_tasks(kStrengths, [&](index_t p) {
        Index s[kEdgeBlock];
        double* const sum = sums.data() + p * n;
        const index_t end = std::min({m, (p + 1) * part, p * part + offset + step});
        for (index_t e = p * part + offset; e < end; e += kEdgeBlock) {
          const index_t size = std::min(kEdgeBlock, end - e);
          if (edges.source.load(e, size, s) >= static_cast<std::uint64_t>(n)) refuse_changed_columns();
          for (index_t i = 0; i < size; ++i) {
            const double w = edges.weight[e + i];
            if (!is_weight(w)) refuse_weight(edges.weight);
            sum[s[i]] += factor ? factor[s[i]] * w : w;
          }
        }
        edges.release(p * part + offset, std::max<index_t>(0, end - p * part - offset));
      });
    }
    counts.strength = Buffer<double>(n);
    parallel_ranges(n, 1 << 15, [&](index_t begin, index_t end) {
      for (index_t i = begin; i < end; ++i) {
        double sum = 0;
        for (index_t p = 0; p < kStrengths; ++p) sum += sums[p * n + i];
        counts.strength[i] = sum;
      }
    });
  }
};

// Quarter octaves of the out-degree, most edges first; class kClasses - 1 has none.
constexpr int kClasses = 4 * 64 + 1;
template <class Index>
int class_of(Index degree) {
  if (degree == 0) return kClasses - 1;
  const int width = std::bit_width(static_cast<std::uint64_t>(degree));
  const int quarter =
      width >= 3 ? static_cast<int>((degree >> (width - 3)) & 3) : static_cast<int>((degree << (3 - width)) & 3);
  return kClasses - 2 - (4 * (width - 1) + quarter);
}

}  // namespace

void refuse_changed_columns() {
  throw DomainError("source, target: changed while they were read; nobody may write to them meanwhile.");
}

Blocking::Blocking(index_t n, index_t m) : nodes(n), edges(m) {
  id_bits = std::max(1, static_cast<int>(std::bit_width(static_cast<std::uint64_t>(std::max<index_t>(n - 1, 0)))));
  row_bits = std::max(std::clamp(id_bits - 8, 6, 12), id_bits - 12);  // at most 4096 ranges
  if (id_bits <= 22 && id_bits + row_bits > 32) row_bits = 32 - id_bits;
  ranges = ((std::max<index_t>(n, 1) - 1) >> row_bits) + 1;
  chunk = std::clamp<index_t>(m / 64, index_t{1} << 16, index_t{1} << 22) / kEdgeBlock * kEdgeBlock;
  chunks = std::max<index_t>(1, m / chunk);
}

template <class Index>
Counts<Index> count_edges(const Edges& edges, const Blocking& cut) {
  Counts<Index> counts;
  const index_t n = cut.nodes;
  const int threads = static_cast<int>(
      std::clamp<index_t>(cut.edges / std::max<index_t>(n, 1), 1, std::min<index_t>(num_threads(), kCopies)));
  counts.out_degree = Buffer<Index>(n);
  Buffer<Index> more((threads - 1) * n);
  const auto copy = [&](index_t i) { return i == 0 ? counts.out_degree.data() : more.data() + (i - 1) * n; };
  parallel_ranges(n, 1 << 16, [&](index_t begin, index_t end) {
    for (int i = 0; i < threads; ++i) std::fill(copy(i) + begin, copy(i) + end, Index{0});
  });
  counts.first.assign(cut.chunks * cut.ranges, 0);
  std::vector<index_t> forward(cut.chunks, 0);
  Lender lender(threads);
  const Counter<Index> counter{edges, cut};
  parallel_tasks(cut.chunks, threads, [&](index_t c) {
    const index_t set = lender.take();
    try {
      forward[c] = counter.chunk(c, copy(set), counts.first.data() + c * cut.ranges);
    } catch (...) {
      lender.give(set);
      throw;
    }
    lender.give(set);
  });
  if (threads > 1) {
    parallel_ranges(n, 1 << 15, [&](index_t begin, index_t end) {
      for (int k = 1; k < threads; ++k) {
        const Index* from = copy(k);
        for (index_t i = begin; i < end; ++i) counts.out_degree[i] += from[i];
      }
    });
  }
  for (index_t one : forward) counts.forward += one;
  counts.range_begin.assign(cut.ranges + 1, 0);
  index_t at = 0;
  for (index_t r = 0; r < cut.ranges; ++r) {
    counts.range_begin[r] = at;
    for (index_t c = 0; c < cut.chunks; ++c) {
      index_t& first = counts.first[c * cut.ranges + r];
      const index_t size = first;
      first = at;
      at += size;
    }
  }
  counts.range_begin[cut.ranges] = at;
  if (edges.weight.data) counter.strengths(counts);
  return counts;
}

template <class Index>
Buffer<Index> dense_order(const Buffer<Index>& out_degree, index_t non_dangling) {
  constexpr index_t kFits = index_t{1} << 15, step = index_t{1} << 15;  // a vector of that size is in the cache in any order
  const index_t n = out_degree.size(), tasks = (n + step - 1) / step;
  if (non_dangling <= kFits) return {};
  std::vector<index_t> first(tasks * kClasses, 0), edges(tasks * kClasses, 0);
  parallel_tasks(tasks, [&](index_t task) {
    for (index_t i = task * step, end = std::min(n, i + step); i < end; ++i) {
      const int c = class_of(out_degree[i]);
      ++first[task * kClasses + c];
      edges[task * kClasses + c] += static_cast<index_t>(out_degree[i]);
    }
  });
  index_t at = 0, read = 0, total = 0;
  for (index_t l : edges) total += l;
  for (int c = 0; c < kClasses; ++c) {
    for (index_t task = 0; task < tasks; ++task) {
      index_t& here = first[task * kClasses + c];
      const index_t size = here;
      here = at;
      at += size;
      if (at <= non_dangling / 8) read += edges[task * kClasses + c];
    }
  }
  if (read < 0.35 * static_cast<double>(total) && non_dangling > 0.75 * static_cast<double>(n)) return {};
  Buffer<Index> order(n);
  parallel_tasks(tasks, [&](index_t task) {
    index_t* next = first.data() + task * kClasses;
    for (index_t i = task * step, end = std::min(n, i + step); i < end; ++i) {
      order[i] = static_cast<Index>(next[class_of(out_degree[i])]++);
    }
  });
  return order;
}

template Counts<std::uint32_t> count_edges<std::uint32_t>(const Edges&, const Blocking&);
template Counts<std::uint64_t> count_edges<std::uint64_t>(const Edges&, const Blocking&);
template Buffer<std::uint32_t> dense_order<std::uint32_t>(const Buffer<std::uint32_t>&, index_t);
template Buffer<std::uint64_t> dense_order<std::uint64_t>(const Buffer<std::uint64_t>&, index_t);

}  // namespace mmlcore::graph
