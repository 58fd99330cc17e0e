// The unknown factors of the restarts, from what non-dangling rows hold and hand over. Private to pagerank.cpp.
//
// Non-dangling rows hold Y = sum y and hand H = d * (sum of (1 - q) y) to dangling rows, q the share of a row's edges that
// lead to non-dangling ones. Let V, U be the parts of v and u on dangling rows, and D what those hold:
//   D = a V + c U + H,  a = (1 - d)(Y + D),  c = d D   =>   D = ((1 - d) Y V + H) / ((1 - d)(1 - V) + d (1 - U)).
// With these factors one step of the iteration neither gains nor loses mass: it is a step of the chain that is observed on
// non-dangling pages only (its stochastic complement; Meyer, SIAM Review 31, 1989), whose restarts come with probability 1 -
// d at least, so it contracts at least as fast as T.
#pragma once

#include "mmlcore/graph/rank_layout.hpp"
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
  Balance(const RankLayout<Index>& graph, double damping, const NodeVectors& v, const NodeVectors& u)
      : d_(damping), split_(static_cast<bool>(u)) {
    const V v_non_dangling = part(graph, v, 0, graph.non_dangling);
    v_dangling_ = part(graph, v, graph.non_dangling, graph.nodes);
    const V u_non_dangling = split_ ? part(graph, u, 0, graph.non_dangling) : v_non_dangling;
    rest_ = (1 - d_) * v_non_dangling + d_ * u_non_dangling;
  }

  // Zero for a problem where nobody restarts on a non-dangling row, whose non-dangling ranks are then zero, and else one.
  V feeds_live() const { return rest_ > 0.0 ? V{} + 1.0 : V{}; }

  Factors factors(V non_dangling, V to_dangling) const {
    const V held = ((1 - d_) * non_dangling * v_dangling_ + to_dangling) / (rest_ > 0.0 ? rest_ : V{} + 1.0);
    const V dangling = rest_ > 0.0 ? held : V{}, one = V{} + 1.0;
    // Without mass on non-dangling rows any scale will do: all is on dangling rows, or there is none yet.
    return {(1 - d_) * (non_dangling > 0.0 ? non_dangling + dangling : one), d_ * (non_dangling > 0.0 ? dangling : one)};
  }

  // Where u is v, one factor serves both.
  template <class Z>
  void set(Iterate<V, Z>& it, const Factors& f) const {
    it.a = split_ ? f.a : f.a + f.c;
    it.c = split_ ? f.c : V{};
  }

 private:
  // What a vector holds on the slots begin ... end - 1.
  template <class Index>
  static V part(const RankLayout<Index>& graph, const NodeVectors& rows, index_t begin, index_t end) {
    if (!rows) return V{} + static_cast<double>(end - begin) / static_cast<double>(graph.nodes);
    return sum_over<V>(begin, end, [&](index_t i) { return rows.at<V>(static_cast<index_t>(graph.row[i])); });
  }

  double d_;
  bool split_;
  V v_dangling_{}, rest_{};
};

}  // namespace mmlcore::graph
