#include "partials.hpp"

#include <limits>
#include <numbers>
#include <utility>

#include "terms.hpp"

namespace mmlcore::calculus {
namespace {

// w p where p grows as fast as what w was divided by. The adjoint w = c q of the denominator of a quotient q gives c (q p),
// which is a number where c q underflows and p overflows, as for 1 / (1 + exp(x)) far from 0; w = c / s, that of a square
// root, a logarithm or a numerator, gives c (p / s), whose ratio is that of two values of the function, as for 1 /
// sqrt(exp(x)).
Id times_growth(Graph& g, Id w, Id p) {
  const Node v = g[w];
  if (v.op == Op::Negative) return g.negative(times_growth(g, v.a, p));
  if (v.op == Op::Divide && g.size(v.b) == g.size(p)) return g.multiply(v.a, g.divide(p, v.b));
  if (v.op == Op::Multiply || v.op == Op::Square) {
    const Id other = v.op == Op::Square ? v.a : v.b;
    for (const auto& [quotient, rest] : {std::pair{v.a, other}, std::pair{other, v.a}}) {
      const Op op = g[quotient].op;
      if ((op == Op::Divide || op == Op::Reciprocal) && g.size(quotient) == g.size(p))
        return g.multiply(rest, g.multiply(quotient, p));
    }
  }
  return g.multiply(w, p);
}

// w x where w was divided by x, as the adjoint of a denominator is: without the factor, whose square may leave the range.
// kNone where it has none.
Id without_divisor(Graph& g, Id w, Id x) {
  const Node v = g[w];
  if (v.op == Op::Negative) {
    const Id rest = without_divisor(g, v.a, x);
    return rest == kNone ? kNone : g.negative(rest);
  }
  const auto is_inverse = [&](Id id) { return g[id].op == Op::Reciprocal && g[id].a == x; };
  if (v.op == Op::Divide && v.b == x) return v.a;
  if (v.op == Op::Multiply && is_inverse(v.a)) return v.b;
  if (v.op == Op::Multiply && is_inverse(v.b)) return v.a;
  return kNone;
}

Term times_growth(Term w, Term p) { return {w.graph, times_growth(w.graph, w, p)}; }

// Of v = sqrt(x), and of v = 1 / x.
Term times_root_slope(Term w, Term x, Term v) {
  if (const Id rest = without_divisor(w.graph, w, v); rest != kNone) return Term{w.graph, rest} * 0.5 / x;
  return w * 0.5 / v;
}
Term times_reciprocal_slope(Term w, Term v) {
  if (const Id rest = without_divisor(w.graph, w, v); rest != kNone) return -(Term{w.graph, rest} * v);
  return -(w * v * v);
}

// w / sqrt((1 - x)(1 + x)): no digits are lost near the ends.
Term over_circle(Term w, Term x) { return w / sqrt((1 - x) * (1 + x)); }

// x^(y - 1).
Term lower_power(Term x, Term y) {
  const Graph& g = x.graph;
  return g.is_constant(y) && g.size(y) == 1 ? pow(x, g.values(y)[0] - 1) : power(x, y - 1);
}
// v log x of v = x^y, which is 0 where v is.
Term exponent_slope(Term x, Term v) {
  const Term slope = v * log(x);
  return select(equal(v, v.number(0)), v.number(0), slope);
}

// Of the smaller or larger of two: what this operand gets where it loses, is the other's equal, or wins. NaN is passed on by
// both.
Term shared(Term w, Term loses, Term x, Term y) { return select(loses, w.number(0), select(equal(x, y), w * 0.5, w)); }

}  // namespace

Id under_squared_root(const Graph& g, Id id) {
  return g[id].op == Op::Square && g[g[id].a].op == Op::Sqrt ? g[g[id].a].a : kNone;
}

Id times_squared_root(Graph& g, Id u, Id w) {
  return g.select(g.binary(Op::Less, u, g.constant(0.0)), g.constant(std::numeric_limits<double>::quiet_NaN()), w);
}

Id times_partial(Graph& g, Id id, int which, Id weight) {
  using std::numbers::inv_sqrtpi, std::numbers::ln2, std::numbers::log10e, std::numbers::log2e;
  const Node node = g[id];
  const std::int32_t aux = node.aux;
  const Term v{g, id}, w{g, weight}, x{g, node.a}, y{g, node.b};
  const auto number = [&](double c) { return v.number(c); };
  switch (node.op) {
#define UNARY(op, name, traits, print, scalar, vector, partial, taylor) \
  case Op::op:                                                          \
    return partial;
#define BINARY(op, name, traits, print, scalar, vector, partial_x, partial_y, taylor) \
  case Op::op:                                                                        \
    if (which == 0) return partial_x;                                                 \
    return partial_y;
#define TERNARY(op, name, traits, print, scalar, vector, partial_x, partial_y, partial_z, taylor) \
  case Op::op:                                                                                    \
    if (which == 0) return partial_x;                                                             \
    if (which == 1) return partial_y;                                                             \
    return partial_z;
#include "mmlcore/calculus/operations.def"
    default:  // steps
      return kNone;
  }
}

Id shifted(Graph& g, Id x, const Node& v, bool forth) {
  const std::int32_t count = v.dims[1], inner = v.dims[2], step = forth ? -inner : inner;
  std::vector<std::int32_t> index;
  index.reserve(v.size);
  for (std::int32_t i = 0; i < v.size; ++i) {
    const std::int32_t r = inner ? i / inner % count : 0;
    index.push_back(r == (forth ? 0 : count - 1) ? v.size : i + step);
  }
  return g.gather(g.concat({x, g.constant(0.0)}), 1, index);
}

std::vector<char> depends_on(const Graph& graph, const std::vector<Id>& of) {
  std::vector<char> marks(graph.count(), 0);
  for (const Id x : of) marks[x] = 1;
  for (Id id = 0; id < graph.count(); ++id) {
    if (marks[id]) continue;
    for (const Id x : graph.operands(id)) marks[id] |= marks[x];
  }
  return marks;
}

}  // namespace mmlcore::calculus
