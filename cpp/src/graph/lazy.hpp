// Damping 1: the surfer never restarts. Private to pagerank.cpp.
//
// There is no contraction, and on a periodic graph T^k has no limit. The lazy walk (x + T x) / 2 has the same stationary
// distributions and the eigenvalues (1 + lambda) / 2, of which only 1 lies on the unit circle: it converges on every graph,
// to a distribution that depends on the start where there are several. T does not expand distances in the L1 norm, so the
// residual |T x - x| bounds that of the T x which is returned; a bound of the distance to the limit it is not.
#pragma once

#include <cmath>
#include <vector>

#include "mmlcore/graph/pagerank.hpp"
#include "sweep.hpp"

namespace mmlcore::graph {

template <class Index>
class LazyWalk {
 public:
  LazyWalk(const RankLayout<Index>& graph, const RankOptions& options, int threads)
      : g_(graph),
        o_(options),
        threads_(threads),
        x_(graph.nodes),
        y_(graph.nodes),
        z_(graph.weighted ? graph.nodes : graph.positions()) {
    parallel_ranges(z_.size(), 1 << 15,
                    [&](index_t begin, index_t end) { std::fill(z_.data() + begin, z_.data() + end, 0.0); });
  }

  RankResult solve(double* ranks) {
    const double* first = o_.start ? o_.start : o_.restart;
    double dangling = pass([&](index_t i) { return first ? first[g_.row[i]] : uniform(); }).dangling;
    RankResult result;
    for (;;) {
      result.error = apply(dangling);
      ++result.iterations;
      if (o_.progress) o_.progress(result.iterations, result.error);
      result.converged = result.error <= o_.tol;
      if (result.converged || result.iterations >= o_.max_iter) break;
      const Sums s = pass([&](index_t i) { return 0.5 * (x_[i] + y_[i]); });
      dangling = pass([&](index_t i) { return x_[i] / s.total; }).dangling;
    }
    double total = 0;
    for (index_t i = 0; i < g_.nodes; ++i) total += y_[i];
    for (index_t i = 0; i < g_.nodes; ++i) ranks[g_.row[i]] = y_[i] / total;
    return result;
  }

 private:
  struct Sums {
    double total = 0, dangling = 0;
  };

  double uniform() const { return 1.0 / static_cast<double>(g_.nodes); }

  template <class F>
  void each_piece(F&& f) {
    parallel_tasks(static_cast<index_t>(g_.pieces.size()), threads_, f);
  }

  // x = next(slot), and what each node hands over; sums of the pieces are added in order.
  template <class Next>
  Sums pass(Next&& next) {
    std::vector<Sums> parts(g_.pieces.size());
    each_piece([&](index_t p) {
      const Piece& piece = g_.pieces[p];
      for (index_t i = piece.slot, end = i + piece.slots; i < end; ++i) {
        x_[i] = next(i);
        parts[p].total += x_[i];
        if (i < g_.non_dangling) {
          z_[g_.position_of(i)] = x_[i] / g_.out_of(i);
        } else {
          parts[p].dangling += x_[i];
        }
      }
    });
    Sums sums;
    for (const Sums& one : parts) {
      sums.total += one.total;
      sums.dangling += one.dangling;
    }
    return sums;
  }

  // y = T x; returns |y - x|.
  double apply(double dangling) {
    const double* landing = o_.dangling ? o_.dangling : o_.restart;
    std::vector<double> parts(g_.pieces.size());
    each_piece([&](index_t p) {
      const Piece& piece = g_.pieces[p];
      const Index* source = g_.source.data() + piece.edge;
      const double* weight = g_.weighted ? g_.weight.data() + piece.edge : nullptr;
      for (index_t i = piece.slot, end = i + piece.slots; i < end; ++i) {
        const auto edges = static_cast<index_t>(g_.in_degree[i]);
        const double h = g_.weighted ? gather<true, double>(source, weight, edges, z_.data())
                                     : gather<false, double>(source, weight, edges, z_.data());
        source += edges;
        if (weight) weight += edges;
        y_[i] = h + dangling * (landing ? landing[g_.row[i]] : uniform());
        parts[p] += std::abs(y_[i] - x_[i]);
      }
      if (o_.stream) release_piece(g_, piece, source - (g_.source.data() + piece.edge));
    });
    double change = 0;
    for (double one : parts) change += one;
    return change;
  }

  const RankLayout<Index>& g_;
  const RankOptions& o_;
  int threads_;
  Buffer<double> x_, y_, z_;  // by slot, by slot, by place
};

}  // namespace mmlcore::graph
