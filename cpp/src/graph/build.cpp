#include "mmlcore/graph/build.hpp"

#include <algorithm>
#include <cstdint>

#include "builder.hpp"
#include "mmlcore/core/parallel.hpp"
#include "partition.hpp"

namespace mmlcore {
namespace {

using graph::Combiner;
using graph::Counts;
using graph::Plan;

constexpr index_t kPieceWork = index_t{1} << 15;  // links and rows of a piece: 20 to 100 us
constexpr index_t kLongest = 256;                 // rows with more links than that need no order

// A link during the partition: its source and, in the low bits, its row within the range.
template <class Index, class Word>
class Builder {
 public:
  Builder(const Edges& edges, index_t nodes) : edges_(edges), plan_(nodes, edges.size()) {}

  Csr<Index> build() {
    const index_t n = plan_.nodes, m = plan_.edges;
    csr_.nodes = n;
    csr_.edges = m;
    csr_.weighted = edges_.weight.data != nullptr;
    counts_ = graph::count_links<Index>(edges_, plan_);
    count_live();
    order_ = graph::dense_order<Index>(counts_.out_degree, csr_.live);
    allocate();
    parallel_tasks(plan_.chunks, [&](index_t c) { csr_.weighted ? partition_weighted(c) : partition(c); });
    pieces_.resize(2 * plan_.ranges);
    loops_.resize(plan_.ranges);
    parallel_tasks(plan_.ranges, [&](index_t r) { order_range(downward() ? plan_.ranges - 1 - r : r); });
    for (index_t r = 0; r < 2 * plan_.ranges; ++r) {
      if (r == plan_.ranges) csr_.live_pieces = static_cast<index_t>(csr_.pieces.size());
      const index_t half = r < plan_.ranges ? 0 : plan_.ranges, k = r - half;
      const auto& part = pieces_[half + (downward() ? plan_.ranges - 1 - k : k)];
      csr_.pieces.insert(csr_.pieces.end(), part.begin(), part.end());
    }
    share_to_live();
    share_to_self();
    return std::move(csr_);
  }

 private:
  static constexpr bool kInPlace = sizeof(Word) == sizeof(Index);

  bool natural() const { return plan_.edges < kSerialLinks; }
  // Rows run against the numbers when most links do: a sweep then meets sources before those they link to.
  bool downward() const { return 2 * counts_.forward < plan_.edges; }
  bool live(index_t node) const { return csr_.weighted ? counts_.strength[node] > 0 : counts_.out_degree[node] > 0; }

  void count_live() {
    live_before_.assign(plan_.ranges + 1, 0);
    parallel_tasks(plan_.ranges, [&](index_t r) {
      index_t count = 0;
      for (index_t i = r << plan_.row_bits, end = range_end(r); i < end; ++i) count += live(i);
      live_before_[r] = count;
    });
    index_t at = 0;
    for (index_t k = 0; k < plan_.ranges; ++k) {
      index_t& here = live_before_[downward() ? plan_.ranges - 1 - k : k];
      const index_t size = here;
      here = at;
      at += size;
    }
    csr_.live = at;
    if (!csr_.weighted) return;
    // A node whose links all weigh nothing is dangling: for the order of places it has no links.
    parallel_ranges(plan_.nodes, 1 << 15, [&](index_t begin, index_t end) {
      for (index_t i = begin; i < end; ++i) {
        if (!live(i)) counts_.out_degree[i] = 0;
      }
    });
  }

  index_t range_end(index_t r) const { return std::min(plan_.nodes, (r + 1) << plan_.row_bits); }

  void allocate() {
    const index_t n = plan_.nodes, m = plan_.edges;
    csr_.source = Buffer<Index>(m);
    csr_.in_degree = Buffer<Index>(n);
    csr_.row = Buffer<Index>(n);
    if (order_.size()) csr_.place = Buffer<Index>(csr_.weighted ? n : csr_.live);
    if (csr_.weighted) {
      csr_.strength = Buffer<double>(csr_.live);
      csr_.weight = Buffer<double>(m);
      weights_ = Buffer<double>(m);
    } else {
      csr_.out_degree = Buffer<Index>(csr_.live);
    }
    if constexpr (kInPlace) {
      words_ = reinterpret_cast<Word*>(csr_.source.data());
    } else {
      separate_ = Buffer<Word>(m);
      words_ = separate_.data();
    }
  }

  template <class Put>
  void for_words(index_t c, Put&& put) const {
    Index s[kEdgeBlock], t[kEdgeBlock];
    const Index low = static_cast<Index>((index_t{1} << plan_.row_bits) - 1);
    for (index_t e = c * plan_.chunk, end = plan_.chunk_end(c); e < end; e += kEdgeBlock) {
      const index_t size = std::min(kEdgeBlock, end - e);
      edges_.source.load(e, size, s);
      edges_.target.load(e, size, t);
      for (index_t i = 0; i < size; ++i) {
        put(e + i, static_cast<index_t>(t[i] >> plan_.row_bits),
            static_cast<Word>(static_cast<Word>(s[i]) << plan_.row_bits | (t[i] & low)));
      }
    }
  }

  void partition(index_t c) {
    Combiner<Word> out(words_, counts_.first.data() + c * plan_.ranges, plan_.ranges);
    for_words(c, [&](index_t, index_t range, Word word) { out.put(range, word); });
    out.finish();
  }

  void partition_weighted(index_t c) {
    index_t* next = counts_.first.data() + c * plan_.ranges;
    for_words(c, [&](index_t e, index_t range, Word word) {
      const index_t at = next[range]++;
      words_[at] = word;
      weights_[at] = edges_.weight[e];
    });
  }

  // Third step: the rows of range r get their slots, and its links their rows.
  void order_range(index_t r) {
    const index_t base = r << plan_.row_bits, rows = range_end(r) - base;
    const index_t begin = counts_.range_begin[r], size = counts_.range_begin[r + 1] - begin;
    const Word low = static_cast<Word>((Word{1} << plan_.row_bits) - 1);
    Buffer<Word> copy(kInPlace ? size : 0);
    if constexpr (kInPlace) std::copy(words_ + begin, words_ + begin + size, copy.begin());
    const Word* words = kInPlace ? copy.data() : words_ + begin;

    Buffer<index_t> count(rows), next(rows), slot_of(rows);
    std::fill(count.begin(), count.end(), index_t{0});
    for (index_t e = 0; e < size; ++e) ++count[static_cast<index_t>(words[e] & low)];
    const Buffer<index_t> sequence = rows_in_order(base, count);

    const index_t lives = (downward() ? (r == 0 ? csr_.live : live_before_[r - 1])
                                      : (r + 1 == plan_.ranges ? csr_.live : live_before_[r + 1])) -
                          live_before_[r];
    const index_t before = downward() ? plan_.nodes - range_end(r) : base;  // rows in ranges that come earlier
    index_t slot = live_before_[r], edge = begin;
    for (index_t k = 0; k < rows; ++k) {
      if (k == lives) slot = csr_.live + before - live_before_[r];
      const index_t local = sequence[k];
      place_row(slot, base + local, count[local]);
      add_to_piece(pieces_[k < lives ? r : plan_.ranges + r], slot, edge);
      next[local] = edge;
      slot_of[local] = slot;
      edge += count[local];
      ++slot;
    }
    for (index_t e = 0; e < size; ++e) {
      const Word word = words[e];
      const auto local = static_cast<index_t>(word & low);
      const index_t at = next[local]++;
      const auto source = static_cast<index_t>(word >> plan_.row_bits);
      csr_.source[at] = order_.size() ? order_[source] : static_cast<Index>(source);
      if (csr_.weighted) csr_.weight[at] = weights_[begin + e];
      if (source == base + local) loops_[r].push_back({slot_of[local], csr_.weighted ? weights_[begin + e] : 1.0});
    }
  }

  // csr_.loop, from the links found to lead from a row to itself.
  void share_to_self() {
    if (std::all_of(loops_.begin(), loops_.end(), [](const auto& one) { return one.empty(); })) return;
    csr_.loop = Buffer<double>(csr_.live);
    std::fill(csr_.loop.begin(), csr_.loop.end(), 0.0);
    for (const auto& one : loops_) {
      for (const Loop& loop : one) {
        if (loop.slot < csr_.live) csr_.loop[loop.slot] += loop.weight / csr_.out_of(loop.slot);
      }
    }
  }

  // csr_.kept, from the links of dangling rows. Counts are whole numbers and may be added in any order; sums of weights are
  // added in the order of the rows, by one thread.
  void share_to_live() {
    const auto pieces = static_cast<index_t>(csr_.pieces.size());
    index_t links = 0;
    for (index_t i = csr_.live; i < csr_.nodes; ++i) links += static_cast<index_t>(csr_.in_degree[i]);
    if (links == 0) return;
    Buffer<Index> count(csr_.weighted ? 0 : csr_.places());
    Buffer<double> sum(csr_.weighted ? csr_.nodes : 0);
    std::fill(count.begin(), count.end(), Index{0});
    std::fill(sum.begin(), sum.end(), 0.0);
    parallel_tasks(pieces - csr_.live_pieces, csr_.weighted ? 1 : num_threads(), [&](index_t p) {
      const Piece& piece = csr_.pieces[csr_.live_pieces + p];
      index_t end = piece.edge;
      for (index_t i = 0; i < piece.slots; ++i) end += static_cast<index_t>(csr_.in_degree[piece.slot + i]);
      for (index_t e = piece.edge; e < end; ++e) {
        const auto place = static_cast<index_t>(csr_.source[e]);
        if (csr_.weighted) {
          sum[place] += csr_.weight[e];
        } else {
          __atomic_fetch_add(&count[place], Index{1}, __ATOMIC_RELAXED);
        }
      }
    });
    csr_.kept = Buffer<double>(csr_.live);
    parallel_ranges(csr_.live, 1 << 14, [&](index_t begin, index_t end) {
      for (index_t i = begin; i < end; ++i) {
        const auto place = static_cast<index_t>(csr_.place_of(i));
        csr_.kept[i] = 1 - (csr_.weighted ? sum[place] : static_cast<double>(count[place])) / csr_.out_of(i);
      }
    });
  }

  // The rows of a range: live ones, then dangling ones; by number, or the live ones by number of links.
  Buffer<index_t> rows_in_order(index_t base, const Buffer<index_t>& count) const {
    const index_t rows = count.size();
    Buffer<index_t> sequence(rows);
    index_t first[kLongest + 2] = {};
    const auto key = [&](index_t local) {
      return !live(base + local) ? kLongest + 1 : natural() ? 0 : std::min(count[local], kLongest);
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
    csr_.in_degree[slot] = static_cast<Index>(in_degree);
    csr_.row[slot] = static_cast<Index>(node);
    // Links that weigh nothing may leave a dangling node.
    if (slot < csr_.place.size()) csr_.place[slot] = order_[node];
    if (slot >= csr_.live) return;
    if (csr_.weighted) {
      csr_.strength[slot] = counts_.strength[node];
    } else {
      csr_.out_degree[slot] = counts_.out_degree[node];
    }
  }

  void add_to_piece(std::vector<Piece>& pieces, index_t slot, index_t edge) const {
    if (pieces.empty() || edge - pieces.back().edge + 4 * pieces.back().slots >= kPieceWork)
      pieces.push_back({slot, 0, edge});
    ++pieces.back().slots;
  }

  const Edges& edges_;
  const Plan plan_;
  Csr<Index> csr_;
  Counts<Index> counts_;
  std::vector<index_t> live_before_;  // live rows in ranges that come earlier
  Buffer<Index> order_;
  Buffer<Word> separate_;
  Word* words_ = nullptr;
  Buffer<double> weights_;
  std::vector<std::vector<Piece>> pieces_;
  struct Loop {
    index_t slot;
    double weight;
  };
  std::vector<std::vector<Loop>> loops_;  // by range
};

}  // namespace

template <class Index>
Csr<Index> build_csr(const Edges& edges, index_t nodes) {
  const Plan plan(nodes, edges.size());
  if constexpr (sizeof(Index) == 4) {
    if (plan.narrow()) return Builder<Index, std::uint32_t>(edges, nodes).build();
  }
  return Builder<Index, std::uint64_t>(edges, nodes).build();
}

template Csr<std::uint32_t> build_csr<std::uint32_t>(const Edges&, index_t);
template Csr<std::uint64_t> build_csr<std::uint64_t>(const Edges&, index_t);

}  // namespace mmlcore
