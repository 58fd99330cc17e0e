#include "partials.hpp"

#include <limits>
#include <numbers>
#include <utility>

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

}  // namespace

Id difference(Graph& g, Id x, Id y) {
  const Id d = g.subtract(x, y), same = g.binary(Op::Equal, x, y);
  return g.select(g.binary(Op::Less, g.binary(Op::Equal, d, d), same), g.constant(0.0), d);
}

namespace {

Id of_one(Graph& g, Op op, Id x, std::int32_t aux, Id v, Id w) {
  const auto number = [&](double c) { return g.constant(c); };
  const auto one = [&] { return number(1); };
  const auto square = [&](Id u) { return g.unary(Op::Square, u); };
  // w / sqrt((1 - x)(1 + x)): no digits are lost near the ends.
  const auto over_circle = [&] {
    const Id product = g.multiply(g.subtract(one(), x), g.add(one(), x));
    return g.divide(w, g.unary(Op::Sqrt, product));
  };
  switch (op) {
    case Op::Negative:
      return g.negative(w);
    case Op::Absolute:
      return g.multiply(w, g.unary(Op::Sign, x));
    case Op::Sqrt:
      if (const Id rest = without_divisor(g, w, v); rest != kNone) return g.divide(g.scale(rest, 0.5), x);
      return g.divide(g.scale(w, 0.5), v);
    case Op::Square:
      return g.multiply(w, g.scale(x, 2));
    case Op::Reciprocal:
      if (const Id rest = without_divisor(g, w, v); rest != kNone) return g.negative(g.multiply(rest, v));
      return g.negative(g.multiply(g.multiply(w, v), v));
    case Op::Cbrt:
      return g.divide(w, g.scale(square(v), 3));
    case Op::Exp:
      return times_growth(g, w, v);
    case Op::Exp2:
      return g.scale(times_growth(g, w, v), std::numbers::ln2);
    case Op::Expm1:
      return times_growth(g, w, g.unary(Op::Exp, x));
    case Op::Log:
      return g.divide(w, x);
    case Op::Log2:
      return g.divide(g.scale(w, std::numbers::log2e), x);
    case Op::Log10:
      return g.divide(g.scale(w, std::numbers::log10e), x);
    case Op::Log1p:
      return g.divide(w, g.add(x, one()));
    case Op::Sin:
      return g.multiply(w, g.unary(Op::Cos, x));
    case Op::Cos:
      return g.negative(g.multiply(w, g.unary(Op::Sin, x)));
    case Op::Tan:
      return g.multiply(w, g.add(square(v), one()));
    case Op::Arcsin:
      return over_circle();
    case Op::Arccos:
      return g.negative(over_circle());
    case Op::Arctan:
      return g.divide(w, g.add(square(x), one()));
    case Op::Sinh:
      return times_growth(g, w, g.unary(Op::Cosh, x));
    case Op::Cosh:
      return times_growth(g, w, g.unary(Op::Sinh, x));
    case Op::Tanh:
      return g.multiply(w, g.unary(Op::SechSquared, x));
    case Op::SechSquared:
      return g.multiply(w, g.scale(g.multiply(v, g.unary(Op::Tanh, x)), -2));
    case Op::Arcsinh:
      return g.divide(w, g.binary(Op::Hypot, x, one()));
    case Op::Arccosh:  // two roots: the product of what is below them overflows
      return g.divide(w, g.multiply(g.unary(Op::Sqrt, g.subtract(x, one())), g.unary(Op::Sqrt, g.add(x, one()))));
    case Op::Arctanh:
      return g.divide(w, g.multiply(g.subtract(one(), x), g.add(one(), x)));
    case Op::Erf:
      return g.multiply(w, g.scale(g.unary(Op::Exp, g.negative(square(x))), 2 * std::numbers::inv_sqrtpi));
    case Op::Erfc:
      return g.multiply(w, g.scale(g.unary(Op::Exp, g.negative(square(x))), -2 * std::numbers::inv_sqrtpi));
    case Op::Expit:  // s(x) s(-x): all digits of 1 - s
      return times_growth(g, w, g.multiply(v, g.unary(Op::Expit, g.negative(x))));
    case Op::Power:
      return g.multiply(w, g.scale(g.pow(x, aux - 1), aux));
    default:  // Sign, Floor, Ceil, Not
      return kNone;
  }
}

}  // namespace

Id under_squared_root(const Graph& g, Id id) {
  return g[id].op == Op::Square && g[g[id].a].op == Op::Sqrt ? g[g[id].a].a : kNone;
}

Id times_squared_root(Graph& g, Id u, Id w) {
  return g.select(g.binary(Op::Less, u, g.constant(0.0)), g.constant(std::numeric_limits<double>::quiet_NaN()), w);
}

Id times_partial(Graph& g, Id id, int which, Id w) {
  const Node v = g[id];
  const auto zero = [&] { return g.constant(0.0); };
  switch (v.op) {
    case Op::Add:
      return w;
    case Op::Subtract:
      return which == 0 ? w : g.negative(w);
    case Op::Multiply:
      return g.multiply(w, which == 0 ? v.b : v.a);
    case Op::Divide:
      return which == 0 ? g.divide(w, v.b) : g.negative(g.multiply(g.divide(w, v.b), id));
    case Op::Pow: {
      if (which == 0) {
        const Id less = g.is_constant(v.b) && g.size(v.b) == 1 ? g.pow(v.a, g.values(v.b)[0] - 1)
                                                               : g.binary(Op::Pow, v.a, g.subtract(v.b, g.constant(1.0)));
        return g.multiply(w, g.multiply(v.b, less));
      }
      // x^y log x, which is 0 where x^y is.
      const Id slope = g.multiply(id, g.unary(Op::Log, v.a));
      return g.multiply(w, g.select(g.binary(Op::Equal, id, zero()), zero(), slope));
    }
    case Op::Arctan2: {  // of (y, x): (x, -y) / (x^2 + y^2), without squares that overflow
      const Id radius = g.binary(Op::Hypot, v.a, v.b);
      const Id part = g.divide(g.divide(which == 0 ? v.b : v.a, radius), radius);
      return which == 0 ? g.multiply(w, part) : g.negative(g.multiply(w, part));
    }
    case Op::Hypot:
      return g.multiply(w, g.divide(which == 0 ? v.a : v.b, id));
    case Op::Minimum:
    case Op::Maximum: {
      const Id mine = which == 0 ? v.a : v.b, other = which == 0 ? v.b : v.a;
      // NaN is passed on by both.
      const Id loses = v.op == Op::Minimum ? g.binary(Op::Less, other, mine) : g.binary(Op::Less, mine, other);
      return g.select(loses, zero(), g.select(g.binary(Op::Equal, mine, other), g.scale(w, 0.5), w));
    }
    case Op::LogAddExp: {
      const Id mine = which == 0 ? v.a : v.b, other = which == 0 ? v.b : v.a;
      return g.multiply(w, g.unary(Op::Expit, difference(g, mine, other)));
    }
    case Op::XLogY:
      return g.multiply(w, which == 0 ? g.unary(Op::Log, v.b) : g.divide(v.a, v.b));
    case Op::Remainder:
      return which == 0 ? w : g.negative(g.multiply(w, g.binary(Op::FloorDivide, v.a, v.b)));
    case Op::Fmod: {
      if (which == 0) return w;
      const Id quotient = g.divide(g.subtract(v.a, id), v.b);  // but for its rounding, a whole number
      return g.negative(g.multiply(w, g.unary(Op::Floor, g.add(quotient, g.constant(0.5)))));
    }
    case Op::Select:
      if (which == 0) return kNone;
      return which == 1 ? g.select(v.a, w, zero()) : g.select(v.a, zero(), w);
    case Op::FloorDivide:
    case Op::Less:
    case Op::LessEqual:
    case Op::Equal:
    case Op::And:
    case Op::Or:
      return kNone;
    default:
      return of_one(g, v.op, v.a, v.aux, id, w);
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
