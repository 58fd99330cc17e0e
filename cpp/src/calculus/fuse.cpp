#include "plan.hpp"

namespace mmlcore::calculus {

Fused fuse(const Graph& g, const std::vector<std::int32_t>& readers) {
  Fused f{{}, std::vector<char>(g.count(), 0)};
  for (Id id = 0; id < g.count(); ++id) f.nodes.push_back(g[id]);
  for (Id id = 0; id < g.count(); ++id) {
    const Node v = g[id];
    if ((v.op != Op::Add && v.op != Op::Subtract) || readers[id] == 0) continue;
    for (const bool second : {true, false}) {
      const Id product = second ? v.b : v.a, other = second ? v.a : v.b;
      const Node p = g[product];
      const bool square = p.op == Op::Square;
      if ((p.op != Op::Multiply && !square) || readers[product] != 1 || f.gone[product] || p.size != v.size) continue;
      const Id right = square ? p.a : p.b;
      if (!same_or_number(g, p.a, v.size) || !same_or_number(g, right, v.size) || !same_or_number(g, other, v.size))
        continue;
      Node& fused = f.nodes[id];
      fused.op = v.op == Op::Add ? Op::MultiplyAdd : second ? Op::SubtractMultiply : Op::MultiplySubtract;
      fused.a = p.a, fused.b = right, fused.c = other, fused.aux = p.aux;
      f.gone[product] = 1;
      break;
    }
  }
  return f;
}

}  // namespace mmlcore::calculus
