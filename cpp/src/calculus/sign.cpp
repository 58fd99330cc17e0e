// What the signs of nodes are, as far as their operations tell: |3 x x| is 3 x x, whose derivatives at 0 are those of a
// smooth function.
#include <algorithm>
#include <vector>

#include "mmlcore/calculus/graph.hpp"

namespace mmlcore::calculus {
namespace {

constexpr int kDeep = 6;   // operations that are looked through
constexpr int kWide = 32;  // factors of a product

class Signs {
 public:
  explicit Signs(const Graph& graph) : g(graph) {}

  // 1: never negative; -1: never positive; 0: unknown. NaN has no sign.
  int of(Id id, int depth) const {
    const Node& v = g[id];
    if (v.op == Op::Constant) return of_constant(id);
    if (has(v.op, kNonnegative)) return 1;
    if (depth == 0) return 0;
    const auto operand = [&](Id x) { return of(x, depth - 1); };
    if (has(v.op, kKeepsSign)) return operand(v.a);
    switch (v.op) {
      case Op::Negative:
        return -operand(v.a);
      case Op::Power:
      case Op::Multiply:
        return of_product(id, depth);
      case Op::Add:
      case Op::Subtract: {
        const int a = operand(v.a), b = operand(v.b) * (v.op == Op::Add ? 1 : -1);
        return a == b ? a : 0;
      }
      case Op::Minimum:
      case Op::Maximum: {
        const int a = operand(v.a), b = operand(v.b), strong = v.op == Op::Maximum ? 1 : -1;
        return a == strong || b == strong ? strong : a == b ? a : 0;
      }
      case Op::Select: {
        const int a = operand(v.b);
        return a == operand(v.c) ? a : 0;
      }
      default:
        return 0;
    }
  }

 private:
  int of_constant(Id id) const {
    bool positive = true, negative = true;
    for (const double x : g.values(id)) positive = positive && x >= 0, negative = negative && x <= 0;
    return positive ? 1 : negative ? -1 : 0;
  }

  // Factors of unknown sign that come in pairs do not matter.
  int of_product(Id id, int depth) const {
    std::vector<Id> waiting{id}, odd;
    int sign = 1;
    for (int count = 0; !waiting.empty(); ++count) {
      if (count == kWide) return 0;
      const Id x = waiting.back();
      waiting.pop_back();
      const Node& v = g[x];
      if (v.op == Op::Multiply) {
        if (v.size != g.size(v.a) || v.size != g.size(v.b)) {  // spread: elements meet others
          const int both = of(v.a, depth - 1) * of(v.b, depth - 1);
          if (both == 0) return 0;
          sign *= both;
          continue;
        }
        waiting.push_back(v.a), waiting.push_back(v.b);
      } else if (v.op == Op::Power) {
        if (v.aux % 2 != 0) waiting.push_back(v.a);
      } else if (const int own = of(x, depth - 1); own != 0) {
        sign *= own;
      } else if (const auto at = std::find(odd.begin(), odd.end(), x); at != odd.end()) {
        odd.erase(at);
      } else {
        odd.push_back(x);
      }
    }
    return odd.empty() ? sign : 0;
  }

  const Graph& g;
};

}  // namespace

int Graph::sign_of(Id id) const { return Signs(*this).of(id, kDeep); }

}  // namespace mmlcore::calculus
