// Sweeps until the certificate holds, for one problem (V = double) or several that share the graph. Private to pagerank.cpp.
//
// Mixed precision. What rows gather may be kept in single precision (Z = Narrowed<V>): half as much has to lie in the cache,
// or twice as many problems share an access. Sums stay in double. Such sweeps reach the true solution up to the rounding of
// z, some 1e-7. Then the certificate, computed in double, gives d A y0 for what was reached, and the next sweeps look for y
// - y0 alone: their rounding is relative to that difference. This is iterative refinement (Wilkinson, "Rounding errors in
// algebraic processes", 1963, section 3.10), and the answer is as good as in double.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "balance.hpp"
#include "certify.hpp"
#include "mmlcore/graph/pagerank.hpp"
#include "sweep.hpp"

namespace mmlcore::graph {

// The residual that follows a sweep which changed y by 1, as long as no certificate has told better.
inline constexpr double kExpected = 0.6;

// What a round of sweeps in single precision leaves of the error before, at least: well above its rounding.
inline constexpr double kSingleFloor = 4e-7;
// Up to this amplification of a rounding by 1 / (1 - d) it is of use.
inline constexpr double kSingleDamping = 0.995;

template <class Index, class V, class Z = V>
class Solver {
 public:
  // `v`: as many restart vectors as problems.
  Solver(const RankLayout<Index>& graph, const RankOptions& options, const NodeVectors& v)
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
    Iterate<V, Z> it = begin();
    double aim = o_.tol, last = std::numeric_limits<double>::infinity();
    for (;;) {
      const double floor = kMixed ? std::min(1.0, last) * kSingleFloor * d_ / (1 - d_) : 0;
      const double change = relax(it, std::max(aim, floor));
      if constexpr (kMixed) {
        sweeper_.publish_whole(it, whole_);
        sweeper_.keep_base(it);
        result_.error = largest(certifier.apply(it, whole_.data(), ranks));
        it.flow = certifier.h.data();
      } else {
        result_.error = largest(certifier.apply(it, it.z.data(), ranks));
      }
      ++result_.iterations;
      result_.converged = result_.error <= o_.tol;
      if (result_.converged || result_.iterations >= o_.max_iter) return result_;
      // Rounding is all that is left: more sweeps would not help.
      if (result_.error > 0.5 * last && change < 1e-13) return result_;
      last = result_.error;
      if (aim >= floor) aim *= std::clamp(0.5 * o_.tol / result_.error, 1e-3, 0.5);
      sweeper_.publish(it);
    }
  }

 private:
  static constexpr bool kMixed = !std::is_same_v<V, Z>;

  // The first iterate: the user's start, or the restart vectors.
  Iterate<V, Z> begin() const {
    Iterate<V, Z> it = sweeper_.zero();
    const NodeVectors start{o_.start, g_.nodes, 1};
    const NodeVectors& first = start ? start : v_;
    const V possible = balance_.feeds_live();
    const V sum = sum_over<V>(0, g_.non_dangling,
                              [&](index_t i) { return it.y[i] = possible * first.at<V>(static_cast<index_t>(g_.row[i])); });
    const V kept = g_.live_fraction.size()
                       ? sum_over<V>(0, g_.non_dangling, [&](index_t i) { return g_.live_fraction[i] * it.y[i]; })
                       : sum;
    balance_.set(it, balance_.factors(sum, d_ * (sum - kept)));
    sweeper_.publish(it);
    return it;
  }

  // Sweeps until the error that a certificate would find is expected below `aim`. Returns the last relative change.
  double relax(Iterate<V, Z>& it, double aim) {
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

  const RankLayout<Index>& g_;
  const RankOptions& o_;
  const double d_;
  const NodeVectors v_, u_;
  Sweeper<Index, V, Z> sweeper_;
  Buffer<V> whole_;  // z of all of y, where Z is another type
  const Balance<V> balance_;
  const Restarts<V> restarts_;
  RankResult result_;
};

}  // namespace mmlcore::graph
