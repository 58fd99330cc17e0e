#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/neighbors/kd_tree.hpp"
#include "select_rank.hpp"

namespace mmlcore {
namespace {

constexpr index_t kLevels = 6, kBuckets = index_t{1} << kLevels;
constexpr index_t kCutAtOnce = 16384;  // points up to which one bucket stays in the caches
constexpr index_t kParts = 64;         // of the points, each with a count for every bucket
constexpr std::int32_t kNobody = std::numeric_limits<std::int32_t>::max();

// The smallest and the largest of n numbers.
template <class T>
std::pair<T, T> range_of(const T* x, index_t n) {
  using S = Simd<T>;
  auto low = S::splat(x[0]), high = low;
  index_t i = 0;
  for (; i + S::width <= n; i += S::width) {
    const auto v = S::load(x + i);
    low = v < low ? v : low;
    high = v > high ? v : high;
  }
  T least = low[0], most = high[0];
  for (index_t l = 1; l < S::width; ++l) {
    least = std::min<T>(least, low[l]);
    most = std::max<T>(most, high[l]);
  }
  for (; i < n; ++i) {
    least = std::min(least, x[i]);
    most = std::max(most, x[i]);
  }
  return {least, most};
}

}  // namespace

template <class T>
class KdTree<T>::Builder {
 public:
  Builder(KdTree& tree, MatrixView<const T> points) : tree_(tree), points_(points), n_(points.rows), d_(points.cols) {}

  void run() {
    const index_t levels = n_ > kCutAtOnce ? kLevels : 0, buckets = index_t{1} << levels;
    cut_by_sample(levels);
    count_into(levels, buckets);
    std::vector<index_t> first_node(buckets + 1, 0);
    for (index_t b = 0; b < buckets; ++b) first_node[b + 1] = first_node[b] + nodes_of(size_[b]);
    // At the top one node joins up to kWays others, level by level.
    const index_t most = first_node[buckets] + buckets / (kWays - 1) + 2;
    tree_.nodes_ = Buffer<Node>(most);
    tree_.boxes_ = Buffer<T>(most * 2 * kWays * d_);
    std::vector<Part> parts(buckets);
    parallel_tasks(buckets, [&](index_t b) {
      if (size_[b] == 0) return;
      Scratch scratch(size_[b], d_);
      index_t next = first_node[b];
      parts[b] = subtree(start_[b], size_[b], next, scratch);
    });
    std::erase_if(parts, [](const Part& part) { return part.least == kNobody; });
    index_t next = first_node[buckets];
    while (parts.size() > 1 || parts[0].child < 0) {  // the root is a node
      std::vector<Part> joined;
      for (std::size_t i = 0; i < parts.size(); i += kWays)
        joined.push_back(join(&parts[i], std::min<index_t>(kWays, parts.size() - i), next++));
      parts = joined;
    }
    tree_.root_ = parts[0].child;
  }

 private:
  // A subtree or a leaf with its box.
  struct Part {
    std::int32_t child = 0, least = kNobody;
    std::array<T, kMostCoordinates> low, high;
  };
  struct Scratch {
    Scratch(index_t most, index_t d) : pairs(most), moved(most), column(most), ids(most), d(d) {}
    Buffer<Keyed<T>> pairs, moved;
    Buffer<T> column;
    Buffer<std::int32_t> ids;
    index_t d;
  };

  // Values that cut a sample at its medians, in the order of a heap: what is above goes right.
  void cut_by_sample(index_t levels) {
    if (levels == 0) return;
    const index_t size = std::min<index_t>(n_ / 8, 4096);
    Buffer<T> sample(size * d_);
    for (index_t i = 0; i < size; ++i) {
      for (index_t c = 0; c < d_; ++c) sample[i * d_ + c] = points_((2 * i + 1) * n_ / (2 * size), c);
    }
    std::vector<Keyed<T>> pairs(size), moved(size);
    std::vector<std::int32_t> order(size);
    for (index_t i = 0; i < size; ++i) order[i] = static_cast<std::int32_t>(i);
    const auto cut = [&](auto&& self, index_t begin, index_t count, index_t node, index_t level) -> void {
      if (level == levels) return;
      index_t widest = -1;
      T most = 0;
      for (index_t c = 0; c < d_; ++c) {
        T low = std::numeric_limits<T>::max(), high = std::numeric_limits<T>::lowest();
        for (index_t i = begin; i < begin + count; ++i) {
          low = std::min(low, sample[order[i] * d_ + c]);
          high = std::max(high, sample[order[i] * d_ + c]);
        }
        if (high - low > most) {
          most = high - low;
          widest = c;
        }
      }
      const index_t half = count / 2;
      coordinate_[node] = std::max<index_t>(widest, 0);
      value_[node] = std::numeric_limits<T>::infinity();  // equal points stay together
      if (widest >= 0 && half > 0) {
        for (index_t i = 0; i < count; ++i) pairs[i] = {sample[order[begin + i] * d_ + widest], order[begin + i]};
        select_rank(pairs.data(), moved.data(), count, half);
        T largest = pairs[0].key;
        for (index_t i = 0; i < count; ++i) {
          order[begin + i] = pairs[i].place;
          if (i < half) largest = std::max(largest, pairs[i].key);
        }
        value_[node] = largest;
      }
      self(self, begin, half, 2 * node, level + 1);
      self(self, begin + half, count - half, 2 * node + 1, level + 1);
    };
    cut(cut, 0, size, 1, 0);
  }

  index_t bucket_of(index_t i, index_t levels) const {
    index_t node = 1;
    for (index_t l = 0; l < levels; ++l) node = 2 * node + (points_(i, coordinate_[node]) > value_[node]);
    return node - (index_t{1} << levels);
  }

  // Points into the columns, bucket after bucket, each of which begins with a leaf.
  void count_into(index_t levels, index_t buckets) {
    const index_t parts = levels == 0 ? 1 : kParts;
    std::vector<std::array<index_t, kBuckets>> counts(parts);
    Buffer<std::uint8_t> bucket(levels == 0 ? 0 : n_);
    parallel_tasks(parts, [&](index_t p) {
      counts[p].fill(0);
      for (index_t i = p * n_ / parts; i < (p + 1) * n_ / parts; ++i) {
        const index_t b = bucket_of(i, levels);
        ++counts[p][b];
        if (levels > 0) bucket[i] = static_cast<std::uint8_t>(b);
      }
    });
    index_t rows = 0;
    for (index_t b = 0; b < buckets; ++b) {
      start_[b] = rows;
      for (index_t p = 0; p < parts; ++p) rows += std::exchange(counts[p][b], rows);
      size_[b] = rows - start_[b];
      rows = (rows + kLeaf - 1) / kLeaf * kLeaf;
    }
    tree_.rows_ = rows;
    tree_.columns_ = Buffer<T>(rows * d_);
    tree_.ids_ = Buffer<std::int32_t>(rows);
    parallel_tasks(parts, [&](index_t p) {
      for (index_t i = p * n_ / parts; i < (p + 1) * n_ / parts; ++i) {
        const index_t to = counts[p][levels == 0 ? 0 : bucket[i]]++;
        for (index_t c = 0; c < d_; ++c) column(c)[to] = points_(i, c);
        tree_.ids_[to] = static_cast<std::int32_t>(i);
      }
    });
    for (index_t b = 0; b < buckets; ++b) {
      const index_t end = b + 1 < buckets ? start_[b + 1] : rows;
      for (index_t i = start_[b] + size_[b]; i < end; ++i) {
        for (index_t c = 0; c < d_; ++c) column(c)[i] = std::numeric_limits<T>::infinity();
        tree_.ids_[i] = kNobody;
      }
    }
  }

  // The points of a full child of a node over m points.
  static index_t share(index_t m) {
    index_t unit = kLeaf;
    while (unit * kWays < m) unit *= kWays;
    return unit;
  }

  static index_t nodes_of(index_t m) {
    if (m <= kLeaf) return 0;
    const index_t unit = share(m), full = (m - 1) / unit;
    return 1 + full * nodes_of(unit) + nodes_of(m - full * unit);
  }

  Part subtree(index_t begin, index_t m, index_t& next, Scratch& scratch) {
    if (m <= kLeaf) return leaf(begin, m);
    const index_t node = next++, unit = share(m);
    std::array<index_t, kWays + 1> cuts;
    index_t children = 0;
    split(begin, m, unit, cuts, children, scratch);
    cuts[children] = begin + m;
    std::array<Part, kWays> parts;
    for (index_t j = 0; j < children; ++j) parts[j] = subtree(cuts[j], cuts[j + 1] - cuts[j], next, scratch);
    return join(parts.data(), children, node);
  }

  // Cuts a range at multiples of `unit`, half by half.
  void split(index_t begin, index_t m, index_t unit, std::array<index_t, kWays + 1>& cuts, index_t& count,
             Scratch& scratch) {
    const index_t units = (m + unit - 1) / unit, left = units / 2 * unit;
    if (units <= 1) {
      cuts[count++] = begin;
      return;
    }
    cut(begin, m, left, scratch);
    split(begin, left, unit, cuts, count, scratch);
    split(begin + left, m - left, unit, cuts, count, scratch);
  }

  // The `left` points that are lowest in the widest coordinate to the front; points that are all equal stay in their order.
  void cut(index_t begin, index_t m, index_t left, Scratch& scratch) {
    index_t widest = -1;
    T most = 0;
    for (index_t c = 0; c < d_; ++c) {
      const auto [low, high] = range_of(column(c) + begin, m);
      if (high - low > most) {
        most = high - low;
        widest = c;
      }
    }
    if (widest < 0) return;
    const T* const key = column(widest) + begin;
    for (index_t i = 0; i < m; ++i) scratch.pairs[i] = {key[i], static_cast<std::int32_t>(i)};
    select_rank(scratch.pairs.data(), scratch.moved.data(), m, left);
    for (index_t c = 0; c < d_; ++c) permute(column(c) + begin, m, scratch.pairs.data(), scratch.column.data());
    permute(tree_.ids_.data() + begin, m, scratch.pairs.data(), scratch.ids.data());
  }

  template <class U>
  static void permute(U* x, index_t m, const Keyed<T>* order, U* moved) {
    for (index_t i = 0; i < m; ++i) moved[i] = x[order[i].place];
    std::copy_n(moved, m, x);
  }

  Part leaf(index_t begin, index_t m) {
    Part part;
    part.child = ~static_cast<std::int32_t>(begin / kLeaf);
    for (index_t c = 0; c < d_; ++c) std::tie(part.low[c], part.high[c]) = range_of(column(c) + begin, m);
    part.least = *std::min_element(&tree_.ids_[begin], &tree_.ids_[begin] + m);
    return part;
  }

  Part join(const Part* parts, index_t count, index_t node) {
    Node& to = tree_.nodes_[node];
    T* const boxes = tree_.boxes_.data() + node * 2 * kWays * d_;
    std::fill_n(boxes, 2 * kWays * d_, std::numeric_limits<T>::infinity());
    to.child.fill(0);
    to.least.fill(kNobody);
    Part whole = parts[0];
    whole.child = static_cast<std::int32_t>(node);
    for (index_t j = 0; j < count; ++j) {
      to.child[j] = parts[j].child;
      to.least[j] = parts[j].least;
      whole.least = std::min(whole.least, parts[j].least);
      for (index_t c = 0; c < d_; ++c) {
        boxes[2 * c * kWays + j] = parts[j].low[c];
        boxes[(2 * c + 1) * kWays + j] = parts[j].high[c];
        whole.low[c] = std::min(whole.low[c], parts[j].low[c]);
        whole.high[c] = std::max(whole.high[c], parts[j].high[c]);
      }
    }
    return whole;
  }

  T* column(index_t c) const { return tree_.columns_.data() + c * tree_.rows_; }

  KdTree& tree_;
  const MatrixView<const T> points_;
  const index_t n_, d_;
  std::array<index_t, kBuckets> start_{}, size_{}, coordinate_{};
  std::array<T, kBuckets> value_{};
};

template <class T>
KdTree<T>::KdTree(MatrixView<const T> points) : count_(points.rows), d_(points.cols) {
  Builder(*this, points).run();
}

template <class T>
void KdTree<T>::points(MatrixView<T> out) const {
  parallel_ranges(rows_, 4096, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) {
      if (ids_[i] == kNobody) continue;
      for (index_t c = 0; c < d_; ++c) out(ids_[i], c) = column(c)[i];
    }
  });
}

template <class T>
std::size_t KdTree<T>::bytes() const {
  return static_cast<std::size_t>(columns_.size() + boxes_.size()) * sizeof(T) +
         static_cast<std::size_t>(ids_.size()) * sizeof(std::int32_t) +
         static_cast<std::size_t>(nodes_.size()) * sizeof(Node);
}

template class KdTree<float>;
template class KdTree<double>;

}  // namespace mmlcore
