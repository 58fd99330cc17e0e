// Sweeps until the certificate holds, for one problem (V = double) or eight that share the graph. Private to pagerank.cpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "balance.hpp"
#include "certify.hpp"
#include "mmlcore/graph/pagerank.hpp"
#include "sweep.hpp"

namespace mmlcore::graph {

// The residual that follows a sweep which changed y by 1, as long as no certificate has told better.
inline constexpr double kExpected = 0.6;

template <class Index, class V>
class Solver {
 public:
  // `v`: as many restart vectors as problems.
  Solver(const Csr<Index>& graph, const RankOptions& options, const Rows& v)
      : g_(graph),
        o_(options),
        d_(options.damping),
        v_(v),
        u_{options.dangling, graph.nodes, 1},
        sweeper_(graph, d_, options.power, options.stream),
        balance_(graph, d_, v_, u_),
        restarts_{sweeper_.by_slot(v_), sweeper_.by_slot(u_)} {}

  RankResult solve(double* ranks) {
    Certifier<Index, V> certifier{g_, d_, v_, u_, sweeper_.threads(), o_.stream, balance_};
    Iterate<V> it = begin();
    double aim = o_.tol, last = std::numeric_limits<double>::infinity();
    for (;;) {
      const double change = relax(it, aim);
      result_.error = largest(certifier.apply(it, ranks));
      ++result_.iterations;
      result_.converged = result_.error <= o_.tol;
      if (result_.converged || result_.iterations >= o_.max_iter) return result_;
      // Rounding is all that is left: more sweeps would not help.
      if (result_.error > 0.5 * last && change < 1e-13) return result_;
      last = result_.error;
      aim *= std::clamp(0.5 * o_.tol / result_.error, 1e-3, 0.5);
      sweeper_.publish(it);
    }
  }

 private:
  // The first iterate: the user's start, or the restart vectors.
  Iterate<V> begin() const {
    Iterate<V> it = sweeper_.zero();
    const Rows start{o_.start, g_.nodes, 1};
    const Rows& first = start ? start : v_;
    const V possible = balance_.feeds_live();
    V sum{}, kept{};
    for (index_t i = 0; i < g_.live; ++i) {
      const V y = possible * first.at<V>(static_cast<index_t>(g_.row[i]));
      it.y[i] = y;
      sum += y;
      kept += g_.kept.size() ? g_.kept[i] * y : y;
    }
    balance_.set(it, balance_.factors(sum, d_ * (sum - kept)));
    sweeper_.publish(it);
    return it;
  }

  // Sweeps until the error that a certificate would find is expected below `aim`. Returns the last relative change.
  double relax(Iterate<V>& it, double aim) {
    if (largest(balance_.feeds_live()) == 0 || d_ == 0) return 0;
    double change = 1;
    while (result_.iterations + 1 < o_.max_iter) {
      const SweepSums<V> s = sweeper_.sweep(it, restarts_);
      ++result_.iterations;
      change = largest<V>(s.change / (it.a + it.c + d_ * s.sum));  // that is the sum of all rows
      balance_.set(it, balance_.factors(s.sum, d_ * (s.sum - s.kept)));
      const double expected = d_ / (1 - d_) * kExpected * change;
      if (o_.progress) o_.progress(result_.iterations, expected);
      if (expected <= aim || change < 1e-15) break;
    }
    return change;
  }

  const Csr<Index>& g_;
  const RankOptions& o_;
  const double d_;
  const Rows v_, u_;
  Sweeper<Index, V> sweeper_;
  const Balance<V> balance_;
  const Restarts<V> restarts_;
  RankResult result_;
};

}  // namespace mmlcore::graph
