// The unknown factors of the restarts, from what live rows hold and hand over. Private to pagerank.cpp.
//
// Live rows hold Y = sum y and hand H = d * (sum of (1 - q) y) to dangling rows, q the share of a row's links that lead to
// live ones. Let V, U be the parts of v and u on dangling rows, and D what those hold:
//   D = a V + c U + H,  a = (1 - d)(Y + D),  c = d D   =>   D = ((1 - d) Y V + H) / ((1 - d)(1 - V) + d (1 - U)).
// With these factors one step of the iteration neither gains nor loses mass: it is a step of the chain that is observed on
// live pages only (its stochastic complement; Meyer, SIAM Review 31, 1989), whose restarts come with probability 1 - d at
// least, so it contracts at least as fast as T.
#pragma once

#include "mmlcore/graph/csr.hpp"
#include "mmlcore/graph/pagerank.hpp"
#include "sweep.hpp"

namespace mmlcore::graph {

class Balance {
 public:
  struct Factors {
    double a, c;
  };

  template <class Index>
  Balance(const Csr<Index>& graph, const RankOptions& options) : d_(options.damping), split_(options.dangling != nullptr) {
    const double *v = options.restart, *u = split_ ? options.dangling : v;
    const double even = 1 / static_cast<double>(graph.nodes);
    double v_live = 0, u_live = 0;
    for (index_t i = 0; i < graph.nodes; ++i) {
      const auto node = static_cast<index_t>(graph.row[i]);
      (i < graph.live ? v_live : v_dangling_) += v ? v[node] : even;
      if (i < graph.live) u_live += u ? u[node] : even;
    }
    rest_ = (1 - d_) * v_live + d_ * u_live;
  }

  // False when nobody restarts on a live row: live ranks are then zero.
  bool feeds_live() const { return rest_ > 0; }

  Factors factors(double live, double to_dangling) const {
    if (!(live > 0)) return {1 - d_, d_};  // any scale will do: all mass is on dangling rows, or none yet
    const double dangling = rest_ > 0 ? ((1 - d_) * live * v_dangling_ + to_dangling) / rest_ : 0;
    return {(1 - d_) * (live + dangling), d_ * dangling};
  }

  // Where u is v, one factor serves both.
  void set(Iterate& it, Factors f) const {
    it.a = split_ ? f.a : f.a + f.c;
    it.c = split_ ? f.c : 0;
  }

 private:
  double d_, v_dangling_ = 0, rest_ = 0;
  bool split_;
};

}  // namespace mmlcore::graph
