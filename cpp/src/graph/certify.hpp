// The last application of T: ranks of all rows, and a bound of their distance to the true ones. Private to pagerank.cpp.
#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include "balance.hpp"
#include "sweep.hpp"

namespace mmlcore::graph {

// A sum that carries its rounding errors along (Knuth's two-sum): right to two roundings whatever its length.
template <class V>
struct Sum {
  V sum{}, lost{};

  void add(V x) {
    const V t = sum + x, y = t - sum;
    lost += (sum - (t - y)) + (x - y);
    sum = t;
  }
  void add(const Sum& other) {
    add(other.sum);
    add(other.lost);
  }
  V value() const { return sum + lost; }
};

// y holds non-dangling rows. With h = d A y (all rows), y' = a v + c u + h for the factors of Balance, which make the
// dangling rows of y' the solution of their own equations. Then x' = y' / sum y' is T x for x = (non-dangling y, dangling
// y') / sum y', and x' - x is zero on dangling rows.
template <class Index, class V>
struct Certifier {
  const RankLayout<Index>& g;
  double damping;
  NodeVectors v, u;  // u without data: as v
  int threads;
  bool stream;
  const Balance<V>& balance;
  Buffer<V> h{g.nodes};

  using Factors = typename Balance<V>::Factors;
  struct Sums {
    Sum<V> non_dangling, flow, to_dangling;
  };
  struct Residual {
    V change{}, rounding{};
  };

  // Ranks into `ranks` (v.count, nodes), the non-dangling rows of y' into it.y: one more Jacobi step of the iteration,
  // without its z; d A y into h. `z`: of all of y. Returns the errors.
  template <class Z>
  V apply(Iterate<V, Z>& it, const V* z, double* ranks) {
    const auto pieces = static_cast<index_t>(g.pieces.size());
    std::vector<Sums> parts(pieces);
    parallel_tasks(pieces, threads,
                   [&](index_t p) { parts[p] = g.weighted ? rows<true>(it.y, z, p) : rows<false>(it.y, z, p); });
    Sums s;
    for (const Sums& one : parts) {
      s.non_dangling.add(one.non_dangling);
      s.flow.add(one.flow);
      s.to_dangling.add(one.to_dangling);
    }
    const double d = damping;
    const Factors f = balance.factors(s.non_dangling.value(), s.to_dangling.value());
    const V total = f.a + f.c + s.flow.value();
    std::vector<Residual> residuals(pieces);
    parallel_tasks(pieces, threads, [&](index_t p) { residuals[p] = finish(it.y, ranks, p, f, total); });
    Residual r;
    for (const Residual& one : residuals) {
      r.change += one.change;
      r.rounding += one.rounding;
    }
    balance.set(it, f);
    constexpr double unit = std::numeric_limits<double>::epsilon() / 2;
    const V rounding = unit * (r.rounding / total + 16), change = r.change / total;
    return (d / (1 - d) * (change + rounding) + rounding) * (1 + 1e-9);
  }

  template <bool Weighted>
  Sums rows(const Buffer<V>& y, const V* z, index_t number) {
    const Piece& piece = g.pieces[number];
    const Index* source = g.source.data() + piece.edge;
    const double* weight = Weighted ? g.weight.data() + piece.edge : nullptr;
    const bool non_dangling = number < g.non_dangling_pieces;
    Sums s;
    for (index_t i = piece.slot, end = i + piece.slots; i < end; ++i) {
      const auto edges = static_cast<index_t>(g.in_degree[i]);
      h[i] = gather<Weighted, V>(source, weight, edges, z);
      source += edges;
      if (Weighted) weight += edges;
      s.flow.add(h[i]);
      non_dangling ? s.non_dangling.add(y[i]) : s.to_dangling.add(h[i]);
    }
    if (stream) release_piece(g, piece, source - (g.source.data() + piece.edge));
    return s;
  }

  Residual finish(Buffer<V>& live_y, double* ranks, index_t number, const Factors& f, const V& total) const {
    const Piece& piece = g.pieces[number];
    const bool non_dangling = number < g.non_dangling_pieces;
    Residual r;
    for (index_t i = piece.slot, end = i + piece.slots; i < end; ++i) {
      const auto node = static_cast<index_t>(g.row[i]);
      const V jump = v.at<V>(node), y = f.a * jump + f.c * (u ? u.at<V>(node) : jump) + h[i], rank = y / total;
      for (int k = 0; k < v.count; ++k) ranks[k * g.nodes + node] = lane(rank, k);
      r.rounding += chain(static_cast<index_t>(g.in_degree[i])) * y;
      if (!non_dangling) continue;
      r.change += magnitude<V>(y - live_y[i]);
      live_y[i] = y;
    }
    return r;
  }
};

}  // namespace mmlcore::graph
