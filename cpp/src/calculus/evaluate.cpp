#include "evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "links.hpp"
#include "matrix_steps.hpp"
#include "mmlcore/calculus/special_functions.hpp"
#include "mmlcore/core/elementary/division.hpp"
#include "ordering.hpp"

namespace mmlcore::calculus {

using elementary::floor_divide;
using elementary::remainder;

namespace {

double truth(bool b) { return b ? 1 : 0; }

double expit(double x) {
  const double e = std::exp(-std::abs(x));
  return (x >= 0 ? 1 : e) / (1 + e);
}

double sech_squared(double x) {
  const double e = std::exp(-2 * std::abs(x));
  return 4 * e / ((1 + e) * (1 + e));
}

// One element of an elementwise operation.
double apply(Op op, std::int32_t aux, double x, double y, double z) {
  switch (op) {
#define STEP(op, name, operands, traits, print, scalar, ...) \
  case Op::op:                                               \
    return scalar;
#define UNARY(op, name, traits, print, scalar, ...) \
  case Op::op:                                      \
    return scalar;
#define BINARY UNARY
#define TERNARY UNARY
#define FUSED(op, name, scalar, ...) \
  case Op::op:                       \
    return scalar;
#include "mmlcore/calculus/operations.def"
    default:
      return std::numeric_limits<double>::quiet_NaN();
  }
}

double product(std::int32_t aux, double x, double y) { return apply(Op::Multiply, aux & kAbsorbing, x, y, 0); }

}  // namespace

std::vector<double> evaluate(const Graph& graph, const Node& v) {
  std::vector<double> out(v.size, 0.0);
  if (is_elementwise(v.op)) {
    static constexpr double nothing[] = {0.0};
    const auto operand = [&](Id id) { return id == kNone ? std::span<const double>(nothing) : graph.values(id); };
    const std::span<const double> a = operand(v.a), b = operand(v.b), c = operand(v.c);
    for (index_t i = 0; i < v.size; ++i) out[i] = apply(v.op, v.aux, a[i % a.size()], b[i % b.size()], c[i % c.size()]);
    return out;
  }
  const auto constant = [&](Id id) -> std::span<const double> {
    return id == kNone ? std::span<const double>() : graph.values(id);
  };
  if (is_matrix(v.op)) {
    run_matrices<double>({v.op, v.aux, v.dims[0], v.dims[1], v.dims[2]}, 1, stack_of(constant(v.a)), stack_of(constant(v.b)),
                         {out.data(), v.size});
    return out;
  }
  const auto ordered = [&] {
    run_ordering<double>(v.op, v.aux, v.dims, 1, stack_of(constant(v.a)), stack_of(constant(v.b)), {out.data(), v.size});
  };
  const auto copied = [&] { each_link(graph, v, [&](index_t to, Id x, index_t from) { out[to] = graph.values(x)[from]; }); };
  const auto added = [&] { each_link(graph, v, [&](index_t to, Id x, index_t from) { out[to] += graph.values(x)[from]; }); };
  for_structure(v.op, Rules{
                          [&](Is<Op::Sum>) { added(); },
                          [&](Is<Op::Tile>) { copied(); },
                          [&](Is<Op::Gather>) { copied(); },
                          [&](Is<Op::Scatter>) { added(); },
                          [&](Is<Op::Concat>) { copied(); },
                          [](Is<Op::Loop>) {},  // never folded
                          [&](Is<Op::Order>) { ordered(); },
                          [&](Is<Op::Pick>) { ordered(); },
                          [&](Is<Op::Place>) { ordered(); },
                          [&](Is<Op::Search>) { ordered(); },
                          [&](Is<Op::MatMul>) {
                            const std::span<const double> a = graph.values(v.a), b = graph.values(v.b);
                            each_product(graph, v,
                                         [&](index_t to, index_t i, index_t j) { out[to] += product(v.aux, a[i], b[j]); });
                          },
                          [&](Is<Op::Recurrence>) {
                            const std::span<const double> a = graph.values(v.a), b = graph.values(v.b);
                            each_step(v, [&](index_t to, index_t before) {
                              out[to] = b[to % b.size()];
                              if (before >= 0) out[to] += product(v.aux, a[to % a.size()], out[before]);
                            });
                          },
                      });
  return out;
}

}  // namespace mmlcore::calculus
