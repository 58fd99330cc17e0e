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
#include "pack.hpp"

namespace mmlcore::graph {

template <class V>
class Balance {
 public:
  struct Factors {
    V a, c;
  };

  // `u` without data: as v.
  template <class Index>
  Balance(const Csr<Index>& graph, double damping, const Rows& v, const Rows& u)
      : d_(damping), split_(static_cast<bool>(u)) {
    V v_live{}, u_live{};
    for (index_t i = 0; i < graph.nodes; ++i) {
      const auto node = static_cast<index_t>(graph.row[i]);
      (i < graph.live ? v_live : v_dangling_) += v.at<V>(node);
      if (split_ && i < graph.live) u_live += u.at<V>(node);
    }
    rest_ = (1 - d_) * v_live + d_ * (split_ ? u_live : v_live);
  }

  // Zero for a problem where nobody restarts on a live row, whose live ranks are then zero, and else one.
  V feeds_live() const { return rest_ > 0.0 ? V{} + 1.0 : V{}; }

  Factors factors(V live, V to_dangling) const {
    const V held = ((1 - d_) * live * v_dangling_ + to_dangling) / (rest_ > 0.0 ? rest_ : V{} + 1.0);
    const V dangling = rest_ > 0.0 ? held : V{};
    // Without mass on live rows any scale will do: all is on dangling rows, or there is none yet.
    return {live > 0.0 ? (1 - d_) * (live + dangling) : V{} + (1 - d_), live > 0.0 ? d_ * dangling : V{} + d_};
  }

  // Where u is v, one factor serves both.
  void set(Iterate<V>& it, const Factors& f) const {
    it.a = split_ ? f.a : f.a + f.c;
    it.c = split_ ? f.c : V{};
  }

 private:
  double d_;
  bool split_;
  V v_dangling_{}, rest_{};
};

}  // namespace mmlcore::graph
