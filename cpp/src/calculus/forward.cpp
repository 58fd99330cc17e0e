#include <algorithm>

#include "loops.hpp"
#include "matrix_rules.hpp"
#include "mmlcore/calculus/differentiate.hpp"
#include "partials.hpp"

namespace mmlcore::calculus {
namespace {

class Forward {
 public:
  Forward(Graph& graph, index_t k) : g(graph), k_(k) {}

  // The tangent of node id, whose operands' tangents are there.
  Id of(Id id, const std::vector<Id>& tangents) const {
    const Node v = g[id];
    const auto tangent = [&](Id x) { return x == kNone ? kNone : tangents[x]; };
    if (const Id u = under_squared_root(g, id); u != kNone) {
      return linear(tangent(u), [&](Id d) { return g.full(times_squared_root(g, u, d), k_ * v.size); });
    }
    if (is_elementwise(v.op)) {
      Id sum = kNone;
      const Id operands[] = {v.a, v.b, v.c};
      for (int which = 0; which < operand_count(v.op); ++which) {
        const Id d = tangent(operands[which]);
        if (d == kNone) continue;
        const index_t small = g.size(operands[which]);
        const Id spread = g.tile(d, k_, small ? v.size / small : 1, small);
        const Id term = times_partial(g, id, which, spread);
        if (term != kNone) sum = sum == kNone ? term : g.add(sum, term);
      }
      return sum == kNone ? kNone : g.full(sum, k_ * v.size);
    }
    if (is_matrix(v.op)) return matrix_tangent(g, id, tangent(v.a), has_partial(v.op) ? tangent(v.b) : kNone, k_);
    return for_structure(
        v.op, Rules{
                  [&](Is<Op::Sum>) {
                    return linear(tangent(v.a), [&](Id d) { return g.sum(d, k_ * v.dims[0], v.dims[1], v.dims[2]); });
                  },
                  [&](Is<Op::Tile>) {
                    return linear(tangent(v.a), [&](Id d) { return g.tile(d, k_ * v.dims[0], v.dims[1], v.dims[2]); });
                  },
                  [&](Is<Op::Gather>) {
                    const std::vector<std::int32_t> index = g.index(v.aux);
                    return linear(tangent(v.a), [&](Id d) { return g.gather(d, k_ * v.dims[0], index); });
                  },
                  [&](Is<Op::Scatter>) {
                    const std::vector<std::int32_t> index = g.index(v.aux);
                    return linear(tangent(v.a), [&](Id d) { return g.scatter(d, k_ * v.dims[0], index, v.dims[1]); });
                  },
                  [&](Is<Op::Concat>) { return concat(v, tangents); },
                  [&](Is<Op::MatMul>) { return matmul(v, tangent(v.a), tangent(v.b)); },
                  [&](Is<Op::Loop>) {
                    const Id own[] = {tangent(v.a), tangent(v.b), tangent(v.c)};
                    return loop_tangent(g, id, own, k_);
                  },
                  [](Is<Op::Order>) { return kNone; },
                  [](Is<Op::Search>) { return kNone; },
                  [&](Is<Op::Pick>) {
                    return linear(tangent(v.a),
                                  [&](Id d) { return g.pick(d, v.b, k_ * v.dims[0], v.dims[1], v.dims[2], k_ * v.size); });
                  },
                  [&](Is<Op::Place>) {
                    return linear(tangent(v.a), [&](Id d) { return g.place(d, v.b, k_ * v.dims[0], v.dims[1], v.dims[2]); });
                  },
                  [&](Is<Op::Recurrence>) { return recurrence(id, v, tangent(v.a), tangent(v.b)); },
              });
  }

 private:
  template <class Apply>
  static Id linear(Id d, Apply&& apply) {
    return d == kNone ? kNone : apply(d);
  }

  // [direction][part] of [part][direction].
  Id concat(const Node& v, const std::vector<Id>& tangents) const {
    const std::vector<Id> parts = g.index(v.aux);
    std::vector<Id> pieces;
    bool any = false;
    for (const Id part : parts) {
      any = any || tangents[part] != kNone;
      pieces.push_back(tangents[part] != kNone ? tangents[part] : g.full(g.constant(0.0), k_ * g.size(part)));
    }
    if (!any) return kNone;
    const Id all = g.concat(pieces);
    if (k_ == 1) return all;
    std::vector<std::int32_t> order;
    for (index_t direction = 0; direction < k_; ++direction) {
      index_t start = 0;
      for (const Id part : parts) {
        const index_t size = g.size(part);
        for (index_t i = 0; i < size; ++i) order.push_back(static_cast<std::int32_t>(start + direction * size + i));
        start += k_ * size;
      }
    }
    return g.gather(all, 1, order);
  }

  Id matmul(const Node& v, Id da, Id db) const {
    const index_t m = v.dims[0], k = v.dims[1], n = v.dims[2], stack = m * n > 0 ? v.size / (m * n) : 0;
    const auto spread = [&](Id d, index_t item) {
      const index_t size = g.size(d) / k_;
      return size > 0 ? g.tile(d, k_, stack * item / size, size) : d;
    };
    Id sum = kNone;
    if (da != kNone) sum = g.matmul(spread(da, m * k), v.b, m, k, n, v.aux);
    if (db != kNone) {
      const Id term = g.matmul(v.a, spread(db, k * n), m, k, n, v.aux);
      sum = sum == kNone ? term : g.add(sum, term);
    }
    return sum;
  }

  Id recurrence(Id id, const Node& v, Id da, Id db) const {
    Id term = db;
    if (da != kNone) {
      const Id product = g.multiply(da, shifted(g, id, v, !(v.aux & 1)));
      term = term == kNone ? product : g.add(term, product);
    }
    return linear(term, [&](Id d) { return g.recurrence(v.a, d, k_ * v.dims[0], v.dims[1], v.dims[2], v.aux & 1); });
  }

  Graph& g;
  index_t k_;
};

}  // namespace

std::vector<Id> forward(Graph& graph, const std::vector<Id>& outputs, const std::vector<Id>& of,
                        const std::vector<Id>& directions, index_t k) {
  const std::vector<char> active = depends_on(graph, of);
  const Graph::Sweep marks(graph);
  std::vector<Id> tangents(active.size(), kNone);
  std::vector<char> seeded(active.size(), 0);
  for (std::size_t i = 0; i < of.size(); ++i) tangents[of[i]] = directions[i], seeded[of[i]] = 1;
  const Forward rule(graph, k);
  Id last = -1;
  for (const Id output : outputs) last = std::max(last, output);
  for (Id id = 0; id <= last; ++id) {
    if (!active[id] || seeded[id]) continue;
    tangents[id] = rule.of(id, tangents);
    if (tangents[id] != kNone && graph.is_zero(tangents[id])) tangents[id] = kNone;
  }
  std::vector<Id> result;
  result.reserve(outputs.size());
  for (const Id output : outputs) result.push_back(tangents[output]);
  return result;
}

}  // namespace mmlcore::calculus
