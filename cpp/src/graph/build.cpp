#include "mmlcore/graph/build.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "builder.hpp"
#include "merge.hpp"
#include "mmlcore/core/pages.hpp"
#include "mmlcore/core/parallel.hpp"
#include "partition.hpp"

namespace mmlcore {
namespace {

using graph::Blocking;
using graph::Combiner;
using graph::Counts;

constexpr index_t kPieceWork = index_t{1} << 15;  // edges and rows of a piece: 20 to 100 us
constexpr index_t kLarge = index_t{1} << 24;      // edges from which scratch memory is given back while it is consumed
constexpr index_t kLongest = 256;                 // rows with more edges than that need no order

// An edge during the partition: its source and, in the low bits, its row within the range.
template <class Index, class Word>
class Builder {
 public:
  Builder(const Edges& edges, index_t nodes, const BuildOptions& options)
      : edges_(edges), options_(options), cut_(nodes, edges.size()) {}

  RankLayout<Index> build() {
    layout_.nodes = cut_.nodes;
    layout_.edges = cut_.edges;
    layout_.weighted = edges_.weight.data != nullptr || options_.combine == Combine::kSum;
    counts_ = graph::count_edges<Index>(edges_, cut_);
    allocate_edges();
    parallel_tasks(cut_.chunks, [&](index_t c) {
      layout_.weighted ? partition_weighted(c) : partition(c);
      edges_.release(c * cut_.chunk, cut_.chunk_end(c) - c * cut_.chunk, true);
      release_words(0, cut_.edges);
    });
    if (options_.combine != Combine::kKeep) merge();
    count_live();
    order_ = graph::dense_order<Index>(counts_.out_degree, layout_.non_dangling);
    allocate_nodes();
    pieces_.resize(2 * cut_.ranges);
    loops_.resize(cut_.ranges);
    parallel_tasks(cut_.ranges, [&](index_t r) { order_range(downward() ? cut_.ranges - 1 - r : r); });
    for (index_t r = 0; r < 2 * cut_.ranges; ++r) {
      if (r == cut_.ranges) layout_.non_dangling_pieces = static_cast<index_t>(layout_.pieces.size());
      const index_t half = r < cut_.ranges ? 0 : cut_.ranges, k = r - half;
      const auto& part = pieces_[half + (downward() ? cut_.ranges - 1 - k : k)];
      layout_.pieces.insert(layout_.pieces.end(), part.begin(), part.end());
    }
    graph::share_to_live(layout_, options_.files != nullptr);
    graph::share_to_self(layout_, loops_);
    if (!options_.files && layout_.edges < cut_.edges - cut_.edges / 4) {  // merged edges take the room that they need
      Buffer<Index> exact(layout_.edges);
      std::copy(layout_.source.data(), layout_.source.data() + layout_.edges, exact.data());
      layout_.source = std::move(exact);
    }
    return std::move(layout_);
  }

 private:
  static constexpr bool kInPlace = sizeof(Word) == sizeof(Index);

  bool natural() const { return cut_.edges < kSerialEdges; }
  // Rows run against the numbers when most edges do: a sweep then meets sources before those they point to.
  bool downward() const { return 2 * counts_.forward < cut_.edges; }
  bool non_dangling(index_t i) const { return layout_.weighted ? counts_.strength[i] > 0 : counts_.out_degree[i] > 0; }

  void count_live() {
    non_dangling_before_.assign(cut_.ranges + 1, 0);
    parallel_tasks(cut_.ranges, [&](index_t r) {
      index_t count = 0;
      for (index_t i = r << cut_.row_bits, end = range_end(r); i < end; ++i) count += non_dangling(i);
      non_dangling_before_[r] = count;
    });
    index_t at = 0;
    for (index_t k = 0; k < cut_.ranges; ++k) {
      index_t& here = non_dangling_before_[downward() ? cut_.ranges - 1 - k : k];
      at += std::exchange(here, at);
    }
    layout_.non_dangling = at;
    if (!layout_.weighted) return;
    // A node whose edges all weigh nothing is dangling: for the order of places it has no edges.
    parallel_ranges(cut_.nodes, 1 << 15, [&](index_t begin, index_t end) {
      for (index_t i = begin; i < end; ++i) {
        if (!non_dangling(i)) counts_.out_degree[i] = 0;
      }
    });
  }

  index_t range_end(index_t r) const { return std::min(cut_.nodes, (r + 1) << cut_.row_bits); }

  // A buffer in memory, or over a mapped file.
  template <class T>
  Buffer<T> take(index_t size, void* file) const {
    return options_.files && size > 0 ? Buffer<T>::over(static_cast<T*>(file), size) : Buffer<T>(size);
  }

  void allocate_edges() {
    const index_t m = cut_.edges;
    const EdgeFiles files = options_.files ? *options_.files : EdgeFiles{};
    if (layout_.weighted) weights_ = take<double>(m, files.word_weight);
    if constexpr (kInPlace) {
      layout_.source = take<Index>(m, files.source);
      words_ = reinterpret_cast<Word*>(layout_.source.data());
    } else {
      separate_ = take<Word>(m, files.words);
      words_ = separate_.data();
    }
    if (edges_.pages == Pages::kOwn && m >= kLarge) use_small_pages(words_, static_cast<std::size_t>(m) * sizeof(Word));
  }

  void allocate_nodes() {
    const index_t n = cut_.nodes;
    const EdgeFiles files = options_.files ? *options_.files : EdgeFiles{};
    layout_.in_degree = Buffer<Index>(n);
    layout_.row = Buffer<Index>(n);
    if (order_.size()) layout_.permutation = Buffer<Index>(layout_.weighted ? n : layout_.non_dangling);
    if (layout_.weighted) {
      layout_.strength = Buffer<double>(layout_.non_dangling);
      layout_.weight = take<double>(layout_.edges, files.weight);
    } else {
      layout_.out_degree = Buffer<Index>(layout_.non_dangling);
    }
    if constexpr (!kInPlace) layout_.source = take<Index>(layout_.edges, files.source);
  }

  // Words that have been written (all, while others write on) or read; those in memory only when they are done with.
  void release_words(index_t first, index_t count, bool done = false) const {
    // In memory, blocks that the next call may use again keep their pages (core/buffer.hpp).
    if (!options_.files && (!done || cut_.edges < kLarge)) return;
    if (!kInPlace || options_.files) release_pages(words_, first, count);
    if (layout_.weighted) release_pages(weights_.data(), first, count);
  }

  template <class Put>
  void for_words(index_t c, Put&& put) const {
    Index s[kEdgeBlock], t[kEdgeBlock];
    const Index low = static_cast<Index>((index_t{1} << cut_.row_bits) - 1);
    for (index_t e = c * cut_.chunk, end = cut_.chunk_end(c); e < end; e += kEdgeBlock) {
      const index_t size = std::min(kEdgeBlock, end - e);
      const auto limit = static_cast<std::uint64_t>(cut_.nodes);
      if (edges_.source.load(e, size, s) >= limit || edges_.target.load(e, size, t) >= limit)
        graph::refuse_changed_columns();
      for (index_t i = 0; i < size; ++i) {
        put(e + i, static_cast<index_t>(t[i] >> cut_.row_bits),
            static_cast<Word>(static_cast<Word>(s[i]) << cut_.row_bits | (t[i] & low)));
      }
    }
  }

  void partition(index_t c) {
    Combiner<Word> out(words_, first_of(c), first_of(c + 1), cut_.ranges);
    for_words(c, [&](index_t, index_t range, Word word) { out.put(range, word); });
    out.finish();
  }

  void partition_weighted(index_t c) { counts_.factor.size() ? partition_weighted<true>(c) : partition_weighted<false>(c); }

  template <bool Scaled>
  void partition_weighted(index_t c) {
    static constexpr double kOne = 1;
    const index_t* last = first_of(c + 1);
    std::vector<index_t> cursors(first_of(c), first_of(c) + cut_.ranges);
    index_t* const next = cursors.data();
    Word* const words = words_;
    double* const weights = weights_.data();
    const double *const factor = counts_.factor.data(), *const given = edges_.weight.data ? edges_.weight.data : &kOne;
    const index_t step = edges_.weight.data ? edges_.weight.stride : 0, shift = cut_.row_bits;
    for_words(c, [=](index_t e, index_t range, Word word) {
      const index_t at = next[range];
      if (at >= last[range]) graph::refuse_changed_columns();
      next[range] = at + 1;
      words[at] = word;
      const double w = given[e * step];
      weights[at] = Scaled ? factor[word >> shift] * w : w;
    });
    if (!std::equal(cursors.begin(), cursors.end(), last)) graph::refuse_changed_columns();
  }

  // Where the edges of chunk c start, by range; of the chunk behind the last: where those of the ranges end.
  const index_t* first_of(index_t c) const {
    return c < cut_.chunks ? counts_.first.data() + c * cut_.ranges : counts_.range_begin.data() + 1;
  }

  // Third step: equal words of each range become one, and what is left moves together. Afterwards the counts are those of
  // the merged edges; without a single repetition a sum of ones is left without weights.
  void merge() {
    std::vector<index_t> left(cut_.ranges);
    parallel_tasks(cut_.ranges, [&](index_t r) {
      const index_t begin = counts_.range_begin[r], size = counts_.range_begin[r + 1] - begin;
      graph::Merger<Word> merger(words_ + begin, layout_.weighted ? weights_.data() + begin : nullptr, size,
                                 cut_.id_bits + cut_.row_bits);
      left[r] = merger.unite(options_.combine, [&](Word word) {
        __atomic_fetch_sub(&counts_.out_degree[static_cast<index_t>(word >> cut_.row_bits)], Index{1}, __ATOMIC_RELAXED);
      });
      release_words(begin, size);
    });
    index_t at = 0;
    for (index_t r = 0; r < cut_.ranges; ++r) {
      const index_t begin = counts_.range_begin[r];
      if (at != begin) {
        std::move(words_ + begin, words_ + begin + left[r], words_ + at);
        if (layout_.weighted) std::move(weights_.data() + begin, weights_.data() + begin + left[r], weights_.data() + at);
        release_words(begin, left[r]);
      }
      counts_.range_begin[r] = at;
      at += left[r];
    }
    counts_.range_begin[cut_.ranges] = at;
    const bool repeated = at != layout_.edges, given = edges_.weight.data != nullptr;
    layout_.edges = at;
    if (!given && !repeated) layout_.weighted = false;
    if (layout_.weighted && repeated && (!given || options_.combine == Combine::kFirst)) sum_strengths();
  }

  // By one thread, in the order of the words: the same bits for any number of threads.
  void sum_strengths() {
    counts_.strength = Buffer<double>(cut_.nodes);
    std::fill(counts_.strength.begin(), counts_.strength.end(), 0.0);
    for (index_t e = 0; e < layout_.edges; ++e) {
      counts_.strength[static_cast<index_t>(words_[e] >> cut_.row_bits)] += weights_[e];
    }
  }

  // Fourth step: the rows of range r get their slots, and its edges their rows.
  void order_range(index_t r) {
    const index_t base = r << cut_.row_bits, rows = range_end(r) - base;
    const index_t begin = counts_.range_begin[r], size = counts_.range_begin[r + 1] - begin;
    const Word low = static_cast<Word>((Word{1} << cut_.row_bits) - 1);
    Buffer<Word> copy(kInPlace ? size : 0);
    if constexpr (kInPlace) std::copy(words_ + begin, words_ + begin + size, copy.begin());
    const Word* words = kInPlace ? copy.data() : words_ + begin;

    Buffer<index_t> count(rows), next(rows), slot_of(rows);
    std::fill(count.begin(), count.end(), index_t{0});
    for (index_t e = 0; e < size; ++e) ++count[static_cast<index_t>(words[e] & low)];
    const Buffer<index_t> sequence = rows_in_order(base, count);

    const index_t later = downward() ? r - 1 : r + 1;  // the range whose rows follow
    const bool last = later < 0 || later == cut_.ranges;
    const index_t non_dangling_here = (last ? layout_.non_dangling : non_dangling_before_[later]) - non_dangling_before_[r];
    const index_t before = downward() ? cut_.nodes - range_end(r) : base;  // rows in ranges that come earlier
    index_t slot = non_dangling_before_[r], edge = begin;
    for (index_t k = 0; k < rows; ++k) {
      if (k == non_dangling_here) slot = layout_.non_dangling + before - non_dangling_before_[r];
      const index_t local = sequence[k];
      place_row(slot, base + local, count[local]);
      add_to_piece(pieces_[k < non_dangling_here ? r : cut_.ranges + r], slot, edge);
      next[local] = edge;
      slot_of[local] = slot;
      edge += count[local];
      ++slot;
    }
    for (index_t e = 0; e < size; ++e) {
      const Word word = words[e];
      const auto local = static_cast<index_t>(word & low);
      const index_t at = next[local]++;
      const auto source = static_cast<index_t>(word >> cut_.row_bits);
      layout_.source[at] = order_.size() ? order_[source] : static_cast<Index>(source);
      if (layout_.weighted) layout_.weight[at] = weights_[begin + e];
      if (source == base + local) loops_[r].push_back({slot_of[local], layout_.weighted ? weights_[begin + e] : 1.0});
    }
    if (!layout_.weighted && order_.size() &&
        size > 0) {  // a node that had no edges when they were counted lies behind all others
      const Index* from = layout_.source.data() + begin;
      if (*std::max_element(from, from + size) >= static_cast<Index>(layout_.non_dangling)) graph::refuse_changed_columns();
    }
    release_words(begin, size, true);
    if (options_.files) {
      release_mapped(layout_.source.data(), begin, size);
      if (layout_.weighted) release_mapped(layout_.weight.data(), begin, size);
    }
  }

  // The rows of a range: non-dangling ones, then dangling ones; by number, or the non-dangling ones by number of edges.
  Buffer<index_t> rows_in_order(index_t base, const Buffer<index_t>& count) const {
    const index_t rows = count.size();
    Buffer<index_t> sequence(rows);
    index_t first[kLongest + 2] = {};
    const auto key = [&](index_t local) {
      return !non_dangling(base + local) ? kLongest + 1 : natural() ? 0 : std::min(count[local], kLongest);
    };
    for (index_t i = 0; i < rows; ++i) ++first[key(i)];
    index_t at = 0;
    for (index_t& f : first) {
      const index_t size = f;
      f = at;
      at += size;
    }
    for (index_t i = 0; i < rows; ++i) {
      const index_t local = downward() ? rows - 1 - i : i;
      sequence[first[key(local)]++] = local;
    }
    return sequence;
  }

  void place_row(index_t slot, index_t node, index_t in_degree) {
    layout_.in_degree[slot] = static_cast<Index>(in_degree);
    layout_.row[slot] = static_cast<Index>(node);
    // Edges that weigh nothing may leave a dangling node.
    if (slot < layout_.permutation.size()) layout_.permutation[slot] = order_[node];
    if (slot >= layout_.non_dangling) return;
    if (layout_.weighted) {
      layout_.strength[slot] = counts_.strength[node];
    } else {
      layout_.out_degree[slot] = counts_.out_degree[node];
    }
  }

  void add_to_piece(std::vector<Piece>& pieces, index_t slot, index_t edge) const {
    if (pieces.empty() || edge - pieces.back().edge + 4 * pieces.back().slots >= kPieceWork)
      pieces.push_back({slot, 0, edge});
    ++pieces.back().slots;
  }

  const Edges& edges_;
  const BuildOptions options_;
  const Blocking cut_;
  RankLayout<Index> layout_;
  Counts<Index> counts_;
  std::vector<index_t> non_dangling_before_;  // non-dangling rows in ranges that come earlier
  Buffer<Index> order_;
  Buffer<Word> separate_;
  Word* words_ = nullptr;
  Buffer<double> weights_;
  std::vector<std::vector<Piece>> pieces_;
  std::vector<std::vector<graph::Loop>> loops_;  // by range
};

}  // namespace

bool needs_words(index_t nodes, index_t edges) { return !Blocking(nodes, edges).narrow(); }

template <class Index>
RankLayout<Index> build_layout(const Edges& edges, index_t nodes, const BuildOptions& options) {
  if constexpr (sizeof(Index) == 4) {
    if (!needs_words(nodes, edges.size())) return Builder<Index, std::uint32_t>(edges, nodes, options).build();
  }
  return Builder<Index, std::uint64_t>(edges, nodes, options).build();
}

template RankLayout<std::uint32_t> build_layout<std::uint32_t>(const Edges&, index_t, const BuildOptions&);
template RankLayout<std::uint64_t> build_layout<std::uint64_t>(const Edges&, index_t, const BuildOptions&);

}  // namespace mmlcore
