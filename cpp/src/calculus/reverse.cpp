#include <map>
#include <unordered_map>

#include "loops.hpp"
#include "matrix_rules.hpp"
#include "mmlcore/calculus/differentiate.hpp"
#include "partials.hpp"

namespace mmlcore::calculus {
namespace {

class Reverse {
 public:
  Reverse(Graph& graph, const std::vector<Id>& of, index_t k)
      : g(graph), active_(depends_on(graph, of)), adjoints_(active_.size(), kNone), k_(k) {}

  // What single elements receive is summed element by element: sums of whole arrays of zeros would take the square of their
  // length.
  void receive_element(Id x, std::int32_t i, Id term) {
    if (!active_[x]) return;
    Id& sum = elements_[x].try_emplace(i, kNone).first->second;
    sum = sum == kNone ? term : g.add(sum, term);
  }

  // Puts them together, once nothing more comes.
  void gather_elements(Id x) {
    const auto at = elements_.find(x);
    if (at == elements_.end()) return;
    std::vector<Id> parts;
    for (std::int32_t i = 0; i < g.size(x); ++i) {
      const auto element = at->second.find(i);
      parts.push_back(element == at->second.end() ? g.constant(0.0) : element->second);
    }
    elements_.erase(at);
    receive(x, g.concat(parts));
  }

  void receive(Id x, Id term) {
    if (x == kNone || term == kNone || !active_[x]) return;
    adjoints_[x] = adjoints_[x] == kNone ? term : g.add(adjoints_[x], term);
  }

  // Passes the adjoint of node id on to its operands.
  void pass(Id id) {
    gather_elements(id);
    const Id w = adjoints_[id];
    const Node v = g[id];
    if (w == kNone || v.size == 0) return;
    if (const Id u = under_squared_root(g, id); u != kNone)
      return receive(u, g.full(times_squared_root(g, u, w), k_ * v.size));
    if (is_elementwise(v.op)) {
      const Id operands[] = {v.a, v.b, v.c};
      for (int which = 0; which < operand_count(v.op); ++which) {
        const Id x = operands[which];
        if (!active_[x]) continue;
        const Id term = times_partial(g, id, which, w);
        const index_t small = g.size(x);
        if (term != kNone) receive(x, g.sum(g.full(term, k_ * v.size), k_, small ? v.size / small : 1, small));
      }
      return;
    }
    if (is_matrix(v.op)) {
      const auto [a, b] = matrix_adjoints(g, id, w, k_, active_[v.a], has_partial(v.op) && active_[v.b]);
      receive(v.a, a);
      if (v.b != kNone) receive(v.b, b);
      return;
    }
    for_structure(v.op, Rules{
                            [&](Is<Op::Sum>) { receive(v.a, g.tile(w, k_ * v.dims[0], v.dims[1], v.dims[2])); },
                            [&](Is<Op::Tile>) { receive(v.a, g.sum(w, k_ * v.dims[0], v.dims[1], v.dims[2])); },
                            [&](Is<Op::Gather>) {
                              const std::vector<std::int32_t> index = g.index(v.aux);
                              if (k_ == 1 && index.size() == 1 && v.dims[0] == 1 && v.dims[1] <= kElements)
                                return receive_element(v.a, index[0], w);
                              receive(v.a, g.scatter(w, k_ * v.dims[0], index, v.dims[1]));
                            },
                            [&](Is<Op::Scatter>) {
                              const std::vector<std::int32_t> index = g.index(v.aux);
                              receive(v.a, g.gather(w, k_ * v.dims[0], index));
                            },
                            [&](Is<Op::Concat>) { concat(v, w); },
                            [&](Is<Op::MatMul>) { matmul(v, w); },
                            [&](Is<Op::Loop>) {
                              const bool wanted[] = {active_[v.a] != 0, active_[v.b] != 0, active_[v.c] != 0};
                              const std::vector<Id> parts = loop_adjoints(g, id, w, wanted, k_);
                              receive(v.a, parts[0]), receive(v.b, parts[1]), receive(v.c, parts[2]);
                            },
                            [](Is<Op::Order>) {},
                            [](Is<Op::Search>) {},
                            [&](Is<Op::Pick>) { receive(v.a, g.place(w, v.b, k_ * v.dims[0], v.dims[1], v.dims[2])); },
                            [&](Is<Op::Place>) {
                              receive(v.a, g.pick(w, v.b, k_ * v.dims[0], v.dims[1], v.dims[2], k_ * g.size(v.a)));
                            },
                            [&](Is<Op::Recurrence>) { recurrence(id, v, w); },
                        });
  }

  Id adjoint(Id x) {
    gather_elements(x);
    return adjoints_[x];
  }

 private:
  static constexpr index_t kElements = 4096;

  void concat(const Node& v, Id w) {
    const std::vector<Id> parts = g.index(v.aux);
    index_t start = 0;
    for (const Id part : parts) {
      const index_t size = g.size(part);
      if (active_[part]) {
        std::vector<std::int32_t> index(size);
        for (index_t i = 0; i < size; ++i) index[i] = static_cast<std::int32_t>(start + i);
        receive(part, g.gather(w, k_, index));
      }
      start += size;
    }
  }

  // Sums what came from every item of a stack that shares an operand of `size` numbers.
  Id summed(Id d, index_t size) { return size > 0 ? g.sum(d, k_, g.size(d) / (k_ * size), size) : d; }

  // C = A B: A' = C' B^T, B' = A^T C', summed over what shares an operand.
  void matmul(const Node& v, Id w) {
    const index_t m = v.dims[0], k = v.dims[1], n = v.dims[2];
    const bool ta = v.aux & 1, tb = v.aux & 2;
    if (active_[v.a]) {
      const Id d = ta ? g.matmul(v.b, w, k, n, m, (tb ? 1 : 0) | 2) : g.matmul(w, v.b, m, n, k, tb ? 0 : 2);
      receive(v.a, summed(d, g.size(v.a)));
    }
    if (active_[v.b]) {
      const Id d = tb ? g.matmul(w, v.a, n, m, k, 1 | (ta ? 2 : 0)) : g.matmul(v.a, w, k, m, n, ta ? 0 : 1);
      receive(v.b, summed(d, g.size(v.b)));
    }
  }

  // r_i = w_i + a_(i+1) r_(i+1): the adjoint of b; that of a is r_i s_(i-1).
  void recurrence(Id s, const Node& v, Id w) {
    const bool one = g.size(v.a) != v.size;
    const Id next = one ? v.a : shifted(g, v.a, v, v.aux & 1);
    const Id r = g.recurrence(next, w, k_ * v.dims[0], v.dims[1], v.dims[2], !(v.aux & 1));
    receive(v.b, r);
    if (!one && active_[v.a]) receive(v.a, g.multiply(r, shifted(g, s, v, !(v.aux & 1))));
  }

  Graph& g;
  std::vector<char> active_;
  std::vector<Id> adjoints_;
  std::unordered_map<Id, std::map<std::int32_t, Id>> elements_;
  index_t k_;
};

}  // namespace

std::vector<Id> reverse(Graph& graph, const std::vector<Id>& outputs, const std::vector<Id>& weights,
                        const std::vector<Id>& of, index_t k) {
  const Id last = graph.count() - 1;
  const Graph::Sweep marks(graph);
  Reverse sweep(graph, of, k);
  for (std::size_t i = 0; i < outputs.size(); ++i) sweep.receive(outputs[i], weights[i]);
  std::vector<char> stops(last + 1, 0);
  for (const Id x : of) stops[x] = 1;
  for (Id id = last; id >= 0; --id) {
    if (!stops[id]) sweep.pass(id);
  }
  std::vector<Id> result;
  for (const Id x : of) result.push_back(sweep.adjoint(x));
  return result;
}

}  // namespace mmlcore::calculus
