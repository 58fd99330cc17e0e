#include "stored_graph.hpp"

#include <array>
#include <cstring>
#include <utility>

#include "mmlcore/core/errors.hpp"

namespace mmlcore::bindings {

using namespace calculus;

Id checked(const Graph& g, Id id) {
  if (id < 0 || id >= g.count()) throw DomainError("an internal call came with a node that is none");
  return id;
}

std::vector<std::int32_t> list_of(const Ints& x) { return {x.data(), x.data() + x.size()}; }

Op operation(int number, int operands) {
  if (number >= 0 && number < kOperationCount) {
    const Op op = static_cast<Op>(number);
    if (is_elementwise(op) && operand_count(op) == operands) return op;
  }
  throw DomainError("an internal call came with an operation that is none");
}

namespace {

// Whether a node that was stored can be what it says: sizes that fit its operands, and what it claims to have.
void require_stored(bool good) {
  if (!good) throw DomainError("a stored function is damaged: an operation does not fit its operands.");
}

void check_stored(const Graph& g, Op op, std::int32_t aux, const std::vector<Id>& x, const std::array<index_t, 3>& d,
                  index_t size) {
  constexpr index_t most = index_t{1} << 28;
  // Arguments are made by themselves, before all else.
  require_stored(op != Op::Input && size >= 0 && size <= most);
  for (const index_t n : d) require_stored(n >= 0 && n <= most);
  const auto product = [&](index_t a, index_t b) {
    require_stored(b == 0 || a <= most / b);
    return a * b;
  };
  // Fused operations are in programs alone.
  require_stored(operation_of(op).kind != Kind::kFused);
  require_stored(operand_count(op) < 0 || static_cast<int>(x.size()) == operand_count(op));
  if (op == Op::Constant) return;
  if (is_elementwise(op)) {
    for (const Id id : x) require_stored(size == 0 || (g.size(id) > 0 && size % g.size(id) == 0));
    require_stored(op != Op::Power || (aux >= -1024 && aux <= 1024));
    require_stored(op != Op::Polygamma || (aux >= 0 && aux <= 1024));
    return;
  }
  if (is_matrix(op)) {
    const ItemSizes sizes = item_sizes(op, d[0], d[1], d[2]);
    require_stored(aux >= 0 && aux < 16 && d[0] < (1 << 14) && d[1] < (1 << 14) && d[2] < (1 << 14));
    if (sizes.a == 0 || sizes.result == 0 || sizes.b == 0) return require_stored(size == 0);
    const index_t items = size / sizes.result;
    require_stored(size % sizes.result == 0 && g.size(x[0]) > 0 && g.size(x[0]) % sizes.a == 0);
    require_stored(items > 0 && items % (g.size(x[0]) / sizes.a) == 0);
    if (operand_count(op) == 2) {
      require_stored(g.size(x[1]) > 0 && g.size(x[1]) % sizes.b == 0 && items % (g.size(x[1]) / sizes.b) == 0);
    }
    return;
  }
  const auto lines = [&](index_t whole, index_t picked, index_t index) {
    const index_t line = product(d[0], d[2]);
    require_stored(product(line, d[1]) == whole && (line == 0 ? picked == 0 : picked % line == 0) && d[1] <= (1 << 24));
    require_stored(picked == 0 || (index > 0 && picked % index == 0));
  };
  const auto sums = [&](index_t from, index_t to) {
    const index_t few = product(d[0], d[2]), many = product(few, d[1]);
    require_stored(from == many && to == few);
  };
  for_structure(
      op, Rules{
              [&](Is<Op::Sum>) { sums(g.size(x[0]), size); },
              [&](Is<Op::Tile>) { sums(size, g.size(x[0])); },
              [&](Is<Op::Gather>) { require_stored(d[0] > 0 && product(d[0], d[1]) == g.size(x[0]) && size % d[0] == 0); },
              [&](Is<Op::Scatter>) { require_stored(d[0] > 0 && g.size(x[0]) % d[0] == 0 && product(d[0], d[1]) == size); },
              [&](Is<Op::Concat>) {
                index_t total = 0;
                for (const Id id : x) total += g.size(id);
                require_stored(total == size);
              },
              [&](Is<Op::Loop>) { require_stored(false); },  // by itself
              [&](Is<Op::Order>) { lines(size, size, 1), require_stored(g.size(x[0]) == size); },
              [&](Is<Op::Pick>) { lines(g.size(x[0]), size, g.size(x[1])); },
              [&](Is<Op::Place>) { lines(size, g.size(x[0]), g.size(x[1])); },
              [&](Is<Op::Search>) { require_stored(g.size(x[0]) == d[1] && g.size(x[1]) == size); },
              [&](Is<Op::Recurrence>) {
                require_stored(product(product(d[0], d[1]), d[2]) == size && g.size(x[1]) == size &&
                               (g.size(x[0]) == size || g.size(x[0]) == 1));
              },
              [&](Is<Op::MatMul>) {
                const index_t a = product(d[0], d[1]), b = product(d[1], d[2]), c = product(d[0], d[2]);
                require_stored(aux >= 0 && aux < 8 && (c == 0 ? size == 0 : size % c == 0));
                if (c == 0 || d[1] == 0) return;
                const index_t stack = size / c;
                for (const auto& [id, one] : {std::pair{x[0], a}, std::pair{x[1], b}})
                  require_stored(g.size(id) % one == 0 && g.size(id) > 0 && stack % (g.size(id) / one) == 0);
              },
          });
}

}  // namespace

Id restore(Graph& g, int number, std::int32_t aux, const std::vector<Id>& x, const std::array<index_t, 3>& d, index_t size,
           const py::object& extra) {
  require_stored(number >= 0 && number < kOperationCount);
  const Op op = static_cast<Op>(number);
  for (const Id id : x) checked(g, id);
  check_stored(g, op, aux, x, d, size);
  const Graph::Sweep marks(g, has(op, kCanAbsorb) && (aux & kAbsorbing));
  if (op == Op::Constant) {
    const auto values = extra.cast<Doubles>();
    require_stored(values.size() == size);
    return g.constant(values.data(), values.size());
  }
  if (is_elementwise(op)) {
    if (operand_count(op) == 1) return g.unary(op, x[0], aux);
    return operand_count(op) == 2 ? g.binary(op, x[0], x[1]) : g.select(x[0], x[1], x[2]);
  }
  if (is_matrix(op)) return g.matrices(op, x[0], x.size() > 1 ? x[1] : kNone, d[0], d[1], d[2], aux);
  const auto index_of = [&](index_t count) {
    std::vector<std::int32_t> index = list_of(extra.cast<Ints>());
    require_stored(static_cast<index_t>(index.size()) * d[0] == count);
    for (const std::int32_t i : index) require_stored(i >= 0 && i < d[1]);
    return index;
  };
  return for_structure(op, Rules{
                               [&](Is<Op::Sum>) { return g.sum(x[0], d[0], d[1], d[2]); },
                               [&](Is<Op::Tile>) { return g.tile(x[0], d[0], d[1], d[2]); },
                               [&](Is<Op::Gather>) { return g.gather(x[0], d[0], index_of(size)); },
                               [&](Is<Op::Scatter>) { return g.scatter(x[0], d[0], index_of(g.size(x[0])), d[1]); },
                               [&](Is<Op::Concat>) { return g.concat(x); },
                               [&](Is<Op::MatMul>) { return g.matmul(x[0], x[1], d[0], d[1], d[2], aux & 3); },
                               [&](Is<Op::Loop>) { return kNone; },
                               [&](Is<Op::Order>) { return g.order(x[0], d[0], d[1], d[2]); },
                               [&](Is<Op::Pick>) { return g.pick(x[0], x[1], d[0], d[1], d[2], size); },
                               [&](Is<Op::Place>) { return g.place(x[0], x[1], d[0], d[1], d[2]); },
                               [&](Is<Op::Search>) { return g.search(x[0], x[1], aux & 1); },
                               [&](Is<Op::Recurrence>) { return g.recurrence(x[0], x[1], d[0], d[1], d[2], aux & 1); },
                           });
}

}  // namespace mmlcore::bindings
