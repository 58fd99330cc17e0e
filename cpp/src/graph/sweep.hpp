// A pass over the rows: one row's sum, and Gauss-Seidel sweeps over all. Private to pagerank.cpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/chains.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/graph/rank_layout.hpp"
#include "pack.hpp"

namespace mmlcore::graph {

// Blocks of a parallel sweep. Each is two regions of the thread pool, so it holds some 0.1 ms of work.
inline constexpr index_t kBlocks = 16, kBlockEdges = index_t{1} << 18;

// The sum of z over `count` sources, in four chains of additions; in the precision of V, whatever that of z.
template <bool Weighted, class V, class Index, class Z>
inline __attribute__((always_inline)) V gather(const Index* source, const double* weight, index_t count, const Z* z) {
  const auto term = [&](index_t k) -> V {
    if constexpr (Weighted) return weight[k] * as<V>(z[source[k]]);
    return as<V>(z[source[k]]);
  };
  return sum_in_chains<V>(count, term);
}

// Roundings on the way of one term to the sum of a row, with those of g, of the weight and of z = d y / W.
inline double chain(index_t count) { return static_cast<double>(count / 4) + 12; }

// A solution under way: y by slot, z by place, and the factors of v and u in g = a v + c u (c = 0 when u is v). From a base
// y0 on, of which d A y0 is known, z is that of y - y0.
template <class V, class Z = V>
struct Iterate {
  Buffer<V> y;
  Buffer<Z> z;
  V a{}, c{};
  Buffer<V> base;           // y0 by slot; empty: zero
  const V* flow = nullptr;  // d A y0 by slot; null: zero
};

// v and u on non-dangling rows, by slot; empty: uniform, or as v.
template <class V>
struct Restarts {
  Buffer<V> v, u;
};

template <class V>
struct SweepSums {
  V sum{}, kept{}, change{};  // of y; of q y; of |y - y before|
};

template <class Index, class V, class Z = V>
class Sweeper {
 public:
  Sweeper(const RankLayout<Index>& graph, double damping, bool power, bool stream)
      : g_(graph),
        damping_(damping),
        step_(graph.non_dangling),
        serial_(graph.edges < kSerialEdges && !power),
        loops_(graph.self_weight.size() && !power),
        stream_(stream) {
    parallel_ranges(graph.non_dangling, 1 << 14, [&](index_t begin, index_t end) {
      for (index_t i = begin; i < end; ++i) step_[i] = damping / graph.out_of(i);
    });
    blocks_.push_back(0);
    const index_t blocks = power || serial_ ? 1 : std::clamp<index_t>(g_.edges / kBlockEdges, 1, kBlocks);
    for (index_t k = 1; k <= blocks; ++k) blocks_.push_back(g_.non_dangling_pieces * k / blocks);
  }

  // The vectors on non-dangling rows, by slot; empty where there is none.
  Buffer<V> by_slot(const NodeVectors& rows) const {
    if (!rows) return {};
    Buffer<V> b(g_.non_dangling);
    parallel_ranges(g_.non_dangling, 1 << 14, [&](index_t begin, index_t end) {
      for (index_t i = begin; i < end; ++i) b[i] = rows.at<V>(static_cast<index_t>(g_.row[i]));
    });
    return b;
  }

  Iterate<V, Z> zero() const {
    Iterate<V, Z> it;
    it.y = cleared<V>(g_.non_dangling);
    it.z = cleared<Z>(g_.weighted ? g_.nodes : g_.positions());
    return it;
  }

  // z from y, for all rows.
  void publish(Iterate<V, Z>& it) const {
    parallel_tasks(g_.non_dangling_pieces, threads(), [&](index_t p) { publish(it, g_.pieces[p]); });
  }

  void keep_base(Iterate<V, Z>& it) const {
    if (!it.base.size()) it.base = Buffer<V>(g_.non_dangling);
    parallel_ranges(g_.non_dangling, 1 << 14, [&](index_t begin, index_t end) {
      std::copy(it.y.data() + begin, it.y.data() + end, it.base.data() + begin);
    });
  }

  // All of y, base or not, as the certificate gathers it.
  void publish_whole(const Iterate<V, Z>& it, Buffer<V>& z) const {
    if (!z.size()) z = cleared<V>(it.z.size());
    parallel_tasks(g_.non_dangling_pieces, threads(), [&](index_t p) {
      const Piece& piece = g_.pieces[p];
      for (index_t i = piece.slot, end = i + piece.slots; i < end; ++i) {
        z[static_cast<index_t>(g_.position_of(i))] = step_[i] * it.y[i];
      }
    });
  }

  SweepSums<V> sweep(Iterate<V, Z>& it, const Restarts<V>& b) {
    partial_.assign(g_.non_dangling_pieces, {});
    const bool personal = b.v.size() || b.u.size();
    if (g_.weighted) {
      personal ? run<true, true>(it, b) : run<true, false>(it, b);
    } else {
      personal ? run<false, true>(it, b) : run<false, false>(it, b);
    }
    SweepSums<V> sums;
    for (const SweepSums<V>& one : partial_) {  // in order: the same bits for any number of threads
      sums.sum += one.sum;
      sums.kept += one.kept;
      sums.change += one.change;
    }
    return sums;
  }

  int threads() const { return g_.edges < kSerialEdges ? 1 : num_threads(); }

 private:
  template <class T>
  static Buffer<T> cleared(index_t size) {
    Buffer<T> x(size);
    parallel_ranges(size, 1 << 15, [&](index_t begin, index_t end) { std::fill(x.data() + begin, x.data() + end, T{}); });
    return x;
  }

  // What row i hands over on each of its edges.
  Z handed(const Iterate<V, Z>& it, index_t i) const {
    return as<Z, V>(step_[i] * (it.flow ? it.y[i] - it.base[i] : it.y[i]));
  }

  void publish(Iterate<V, Z>& it, const Piece& piece) const {
    const Index* where = g_.permutation.size() ? g_.permutation.data() : g_.row.data();
    for (index_t i = piece.slot, end = i + piece.slots; i < end; ++i) it.z[where[i]] = handed(it, i);
  }

  template <bool Weighted, bool Personal>
  void run(Iterate<V, Z>& it, const Restarts<V>& b) {
    for (std::size_t k = 0; k + 1 < blocks_.size(); ++k) {
      const index_t first = blocks_[k], count = blocks_[k + 1] - first;
      if (serial_) {
        parallel_tasks(count, 1, [&](index_t p) { rows<Weighted, Personal, true>(it, b, first + p); });
      } else {
        parallel_tasks(count, threads(), [&](index_t p) { rows<Weighted, Personal, false>(it, b, first + p); });
        parallel_tasks(count, threads(), [&](index_t p) { publish(it, g_.pieces[first + p]); });
      }
    }
  }

  template <bool Weighted, bool Personal, bool InPlace>
  void rows(Iterate<V, Z>& it, const Restarts<V>& b, index_t number) {
    const Piece& piece = g_.pieces[number];
    const Index* source = g_.source.data() + piece.edge;
    const double* weight = Weighted ? g_.weight.data() + piece.edge : nullptr;
    const Index* where = g_.permutation.size() ? g_.permutation.data() : g_.row.data();
    const V uniform = it.a / static_cast<double>(g_.nodes);
    const V* v = b.v.size() ? b.v.data() : nullptr;
    const V* u = b.u.size() ? b.u.data() : nullptr;
    const double* loop = loops_ ? g_.self_weight.data() : nullptr;
    const double* kept = g_.live_fraction.size() ? g_.live_fraction.data() : nullptr;
    Z* z = it.z.data();
    SweepSums<V> sums;
    for (index_t i = piece.slot, end = i + piece.slots; i < end; ++i) {
      const auto edges = static_cast<index_t>(g_.in_degree[i]);
      V y = gather<Weighted, V>(source, weight, edges, z);
      if (it.flow) y += it.flow[i];
      if (loop) {
        y -= damping_ * loop[i] * it.y[i];
        y = y > 0.0 ? y : V{};
      }
      y += Personal && v ? it.a * v[i] : uniform;
      if (Personal && u) y += it.c * u[i];
      if (loop) y /= 1 - damping_ * loop[i];
      sums.sum += y;
      sums.kept += kept ? kept[i] * y : y;
      sums.change += magnitude<V>(y - it.y[i]);
      it.y[i] = y;
      if (InPlace) z[where[i]] = handed(it, i);
      source += edges;
      if (Weighted) weight += edges;
    }
    partial_[number] = sums;
    if (stream_) release_piece(g_, piece, source - (g_.source.data() + piece.edge));
  }

  const RankLayout<Index>& g_;
  const double damping_;
  Buffer<double> step_;  // d / W by slot
  const bool serial_;    // row by row in place
  const bool loops_;     // rows are solved for themselves: y_t = (g_t + sum over others) / (1 - d a_tt)
  const bool stream_;
  std::vector<index_t> blocks_;
  std::vector<SweepSums<V>> partial_;
};

}  // namespace mmlcore::graph
