// The last application of T: ranks of all rows, and a bound of their distance to the true ones. Private to pagerank.cpp.
#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include "balance.hpp"
#include "sweep.hpp"

namespace mmlcore::graph {

// A sum that carries its rounding errors along (Neumaier): right to two roundings whatever its length.
struct Sum {
  double sum = 0, lost = 0;

  void add(double x) {
    const double t = sum + x;
    lost += std::abs(sum) >= std::abs(x) ? (sum - t) + x : (x - t) + sum;
    sum = t;
  }
  void add(const Sum& other) {
    add(other.sum);
    add(other.lost);
  }
  double value() const { return sum + lost; }
};

// y holds live rows. With h = d A y (all rows), V and U the parts of v and u on dangling rows, the sum D of the dangling
// rows of
//   y' = a v + c u + h,   a = (1 - d)(Y + D),   c = d D,   Y = sum of live y,
// is D = ((1 - d) Y V + H) / (1 - (1 - d) V - d U), H the part of h on dangling rows: see Balance. Then x' = y' / (Y + D)
// is T x for x = (live y, dangling y') / (Y + D), and x' - x is zero on dangling rows.
template <class Index>
struct Certifier {
  const Csr<Index>& g;
  double damping;
  const double *v, *u;  // by node; null: uniform
  int threads;
  const Balance& balance;
  Buffer<double> h{g.nodes};

  struct Sums {
    Sum live, flow, to_dangling;
  };
  struct Residual {
    double change = 0, rounding = 0;
  };

  double at(const double* p, index_t node) const { return p ? p[node] : 1.0 / static_cast<double>(g.nodes); }

  // Ranks into `ranks`, the live rows of y' into it.y, and z from them: one more Jacobi step of the iteration. Returns the
  // error.
  double apply(Iterate& it, double* ranks) {
    const auto pieces = static_cast<index_t>(g.pieces.size());
    std::vector<Sums> parts(pieces);
    parallel_tasks(pieces, threads, [&](index_t p) { parts[p] = g.weighted ? rows<true>(it, p) : rows<false>(it, p); });
    Sums s;
    for (const Sums& one : parts) {
      s.live.add(one.live);
      s.flow.add(one.flow);
      s.to_dangling.add(one.to_dangling);
    }
    const double d = damping;
    const Balance::Factors f = balance.factors(s.live.value(), s.to_dangling.value());
    const double total = f.a + f.c + s.flow.value();
    std::vector<Residual> residuals(pieces);
    parallel_tasks(pieces, threads, [&](index_t p) { residuals[p] = finish(it, ranks, p, f, total); });
    Residual r;
    for (const Residual& one : residuals) {
      r.change += one.change;
      r.rounding += one.rounding;
    }
    balance.set(it, f);
    constexpr double unit = std::numeric_limits<double>::epsilon() / 2;
    const double rounding = unit * (r.rounding / total + 16), change = r.change / total;
    return (d / (1 - d) * (change + rounding) + rounding) * (1 + 1e-9);
  }

  template <bool Weighted>
  Sums rows(const Iterate& it, index_t number) {
    const Piece& piece = g.pieces[number];
    const Index* source = g.source.data() + piece.edge;
    const double* weight = Weighted ? g.weight.data() + piece.edge : nullptr;
    const bool live = number < g.live_pieces;
    Sums s;
    for (index_t i = piece.slot, end = i + piece.slots; i < end; ++i) {
      const auto links = static_cast<index_t>(g.in_degree[i]);
      h[i] = gather<Index, Weighted>(source, weight, links, it.z.data());
      source += links;
      if (Weighted) weight += links;
      s.flow.add(h[i]);
      live ? s.live.add(it.y[i]) : s.to_dangling.add(h[i]);
    }
    return s;
  }

  Residual finish(Iterate& it, double* ranks, index_t number, Balance::Factors f, double total) const {
    const Piece& piece = g.pieces[number];
    const bool live = number < g.live_pieces;
    const double* second = u ? u : v;
    Residual r;
    for (index_t i = piece.slot, end = i + piece.slots; i < end; ++i) {
      const auto node = static_cast<index_t>(g.row[i]);
      const double y = f.a * at(v, node) + f.c * at(second, node) + h[i];
      ranks[node] = y / total;
      r.rounding += chain(static_cast<index_t>(g.in_degree[i])) * y;
      if (!live) continue;
      r.change += std::abs(y - it.y[i]);
      it.y[i] = y;
    }
    return r;
  }
};

}  // namespace mmlcore::graph
