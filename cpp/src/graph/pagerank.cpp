#include "mmlcore/graph/pagerank.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "balance.hpp"
#include "certify.hpp"
#include "lazy.hpp"
#include "sweep.hpp"

namespace mmlcore {
namespace {

using graph::Balance;
using graph::Certifier;
using graph::Iterate;
using graph::Restarts;
using graph::Sweeper;
using graph::SweepSums;

// The residual that follows a sweep which changed y by 1, as long as no certificate has told better.
constexpr double kExpected = 0.6;

template <class Index>
class Solver {
 public:
  Solver(const Csr<Index>& graph, const RankOptions& options)
      : g_(graph),
        o_(options),
        d_(options.damping),
        sweeper_(graph, options.damping, options.power),
        balance_(graph, options),
        restarts_(sweeper_.restarts(options.restart, options.dangling)) {}

  RankResult solve(double* ranks) {
    Certifier<Index> certifier{g_, d_, o_.restart, o_.dangling, sweeper_.threads(), balance_};
    Iterate it = begin();
    double aim = o_.tol, last = std::numeric_limits<double>::infinity();
    for (;;) {
      const double change = relax(it, aim);
      result_.error = certifier.apply(it, ranks);
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
  // The first iterate: the user's start, or the restart vector.
  Iterate begin() const {
    Iterate it = sweeper_.zero();
    const double* first = o_.start ? o_.start : o_.restart;
    const double uniform = 1 / static_cast<double>(g_.nodes);
    double sum = 0, kept = 0;
    for (index_t i = 0; balance_.feeds_live() && i < g_.live; ++i) {
      const double y = first ? first[g_.row[i]] : uniform;
      it.y[i] = y;
      sum += y;
      kept += g_.kept.size() ? g_.kept[i] * y : y;
    }
    balance_.set(it, balance_.factors(sum, d_ * (sum - kept)));
    sweeper_.publish(it);
    return it;
  }

  // Sweeps until the error that a certificate would find is expected below `aim`. Returns the last relative change.
  double relax(Iterate& it, double aim) {
    if (!balance_.feeds_live() || d_ == 0) return 0;
    double change = 1;
    while (result_.iterations + 1 < o_.max_iter) {
      const SweepSums s = sweeper_.sweep(it, restarts_);
      ++result_.iterations;
      change = s.change / (it.a + it.c + d_ * s.sum);  // that is the sum of all rows
      balance_.set(it, balance_.factors(s.sum, d_ * (s.sum - s.kept)));
      if (d_ / (1 - d_) * kExpected * change <= aim || change < 1e-15) break;
    }
    return change;
  }

  const Csr<Index>& g_;
  const RankOptions& o_;
  const double d_;
  Sweeper<Index> sweeper_;
  const Balance balance_;
  const Restarts restarts_;
  RankResult result_;
};

}  // namespace

template <class Index>
RankResult pagerank(const Csr<Index>& graph, const RankOptions& options, double* ranks) {
  if (graph.nodes == 0) return {0, 0.0, true};
  if (options.damping == 1) {
    const int threads = graph.edges < graph::kSerialLinks ? 1 : num_threads();
    return graph::LazyWalk<Index>(graph, options, threads).solve(ranks);
  }
  return Solver<Index>(graph, options).solve(ranks);
}

template RankResult pagerank<std::uint32_t>(const Csr<std::uint32_t>&, const RankOptions&, double*);
template RankResult pagerank<std::uint64_t>(const Csr<std::uint64_t>&, const RankOptions&, double*);

}  // namespace mmlcore
