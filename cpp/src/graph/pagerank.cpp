#include "mmlcore/graph/pagerank.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "certify.hpp"
#include "sweep.hpp"

namespace mmlcore {
namespace {

using graph::Certifier;
using graph::Iterate;
using graph::Sweeper;
using graph::SweepSums;

// The residual that follows a sweep which changed y by 1, as long as no certificate has told better.
constexpr double kExpected = 0.6;

template <class Index>
class Solver {
 public:
  Solver(const Csr<Index>& graph, const RankOptions& options)
      : g_(graph), o_(options), d_(options.damping), sweeper_(graph, options.damping, options.power) {}

  RankResult solve(double* ranks) {
    const bool split = o_.dangling != nullptr && d_ > 0;
    Certifier<Index> certifier{g_, d_, o_.restart, o_.dangling, sweeper_.threads()};
    const Buffer<double> b = sweeper_.by_slot(o_.restart);
    Iterate it = begin(b, o_.start), second;
    Buffer<double> b2;
    if (split) {
      b2 = sweeper_.by_slot(o_.dangling);
      second = begin(b2, nullptr);
    }
    double aim = o_.tol, last = std::numeric_limits<double>::infinity();
    for (;;) {
      double change = relax(it, b, aim);
      if (split) change = std::max(change, relax(second, b2, aim));
      Iterate mixed;
      if (split) mixed = compose(it, second);
      result_.error = certifier.apply(split ? mixed : it, ranks, !split);
      ++result_.iterations;
      result_.converged = result_.error <= o_.tol;
      if (result_.converged || result_.iterations >= o_.max_iter) return result_;
      // Rounding is all that is left: more sweeps would not help.
      if (result_.error > 0.5 * last && change < 1e-13) return result_;
      last = result_.error;
      aim *= std::clamp(0.5 * o_.tol / result_.error, 1e-3, 0.5);
      if (!split) sweeper_.publish(it);
    }
  }

 private:
  // The first iterate: the restart vector itself, or the user's start.
  Iterate begin(const Buffer<double>& b, const double* start) {
    Iterate it = sweeper_.zero();
    const double uniform = 1 / static_cast<double>(g_.nodes);
    double sum = 0, kept = 0;
    for (index_t i = 0; i < g_.live; ++i) {
      const double restart = b.size() ? b[i] : uniform, y = start ? start[g_.row[i]] : restart;
      it.y[i] = y;
      it.supply += restart;
      sum += y;
      kept += g_.kept.size() ? g_.kept[i] * y : y;
    }
    match(it, sum, kept);
    sweeper_.publish(it);
    return it;
  }

  void match(Iterate& it, double sum, double kept) const {
    const double beta = (sum - d_ * kept) / it.supply;
    if (beta > 0 && std::isfinite(beta)) it.beta = beta;
  }

  // Sweeps until the error that a certificate would find is expected below `aim`. Returns the last relative change.
  double relax(Iterate& it, const Buffer<double>& b, double aim) {
    if (it.supply == 0 || d_ == 0) return 0;
    double change = 1;
    while (result_.iterations + 1 < o_.max_iter) {
      const SweepSums s = sweeper_.sweep(it, b);
      ++result_.iterations;
      change = s.change / (it.beta + d_ * s.sum);  // that is the sum of all rows
      match(it, s.sum, s.kept);
      if (d_ / (1 - d_) * kExpected * change <= aim || change < 1e-15) break;
    }
    return change;
  }

  // y for restarts v and dangling u, from the solutions for v and for u alone: (1 - d) y_v + d D y_u. A solution's dangling rows
  // hold what its live ones do not: sum of all = (1 - d) live + dangling.
  Iterate compose(const Iterate& p, const Iterate& q) {
    const double dangling_p = dangling(p), dangling_q = dangling(q);
    const double alpha = (1 - d_) / p.beta, gamma = d_ * (1 - d_) * dangling_p / (1 - d_ * dangling_q) / q.beta;
    Iterate it = sweeper_.zero();
    parallel_ranges(g_.live, 1 << 14, [&](index_t begin, index_t end) {
      for (index_t i = begin; i < end; ++i) it.y[i] = alpha * p.y[i] + gamma * q.y[i];
    });
    sweeper_.publish(it);
    return it;
  }

  double dangling(const Iterate& it) const {
    double sum = 0;
    for (index_t i = 0; i < g_.live; ++i) sum += it.y[i];
    return std::clamp(1 - (1 - d_) * sum / it.beta, 0.0, 1.0);
  }

  const Csr<Index>& g_;
  const RankOptions& o_;
  const double d_;
  Sweeper<Index> sweeper_;
  RankResult result_;
};

}  // namespace

template <class Index>
RankResult pagerank(const Csr<Index>& graph, const RankOptions& options, double* ranks) {
  if (graph.nodes == 0) return {0, 0.0, true};
  return Solver<Index>(graph, options).solve(ranks);
}

template RankResult pagerank<std::uint32_t>(const Csr<std::uint32_t>&, const RankOptions&, double*);
template RankResult pagerank<std::uint64_t>(const Csr<std::uint64_t>&, const RankOptions&, double*);

}  // namespace mmlcore
