// Nodes as formulas: `w * cos(x)` adds what it says to the graph of w and x. The table's rules for derivatives are written
// so.
#pragma once

#include <numbers>
#include <type_traits>

#include "mmlcore/calculus/graph.hpp"

namespace mmlcore::calculus {

struct Term {
  Graph& graph;
  Id id;

  operator Id() const { return id; }
  Term number(double c) const { return {graph, graph.constant(c)}; }
};

template <class T>
concept Number = std::is_arithmetic_v<T>;

inline Term operator-(Term x) { return {x.graph, x.graph.negative(x)}; }
inline Term operator+(Term x, Term y) { return {x.graph, x.graph.add(x, y)}; }
inline Term operator-(Term x, Term y) { return {x.graph, x.graph.subtract(x, y)}; }
inline Term operator*(Term x, Term y) { return {x.graph, x.graph.multiply(x, y)}; }
inline Term operator/(Term x, Term y) { return {x.graph, x.graph.divide(x, y)}; }
inline Term operator+(Term x, Number auto c) { return x + x.number(c); }
inline Term operator+(Number auto c, Term x) { return x.number(c) + x; }
inline Term operator-(Term x, Number auto c) { return x - x.number(c); }
inline Term operator-(Number auto c, Term x) { return x.number(c) - x; }
inline Term operator*(Term x, Number auto c) { return x * x.number(c); }

// Every elementwise operation by its name.
template <Op op>
Term apply_to(Term x) {
  static_assert(operand_count(op) == 1);
  return {x.graph, x.graph.unary(op, x)};
}
template <Op op>
Term apply_to(Term x, Term y) {
  static_assert(operand_count(op) == 2);
  return {x.graph, x.graph.binary(op, x, y)};
}
#define STEP(op, name, ...) \
  inline Term name(auto... x) { return apply_to<Op::op>(x...); }
#define UNARY(op, name, ...) \
  inline Term name(Term x) { return apply_to<Op::op>(x); }
#define BINARY(op, name, ...) \
  inline Term name(Term x, Term y) { return apply_to<Op::op>(x, y); }
#include "mmlcore/calculus/operations.def"

inline Term select(Term condition, Term x, Term y) { return {x.graph, x.graph.select(condition, x, y)}; }
inline Term pow(Term x, double exponent) { return {x.graph, x.graph.pow(x, exponent)}; }

// The whole number q of fmod(x, y) = v = x - q y; (x - v) / y but for its rounding.
inline Term whole_quotient(Term x, Term y, Term v) { return floor((x - v) / y + 0.5); }

// An operation that has an order.
inline Term with_order(Op op, Term x, int n) { return {x.graph, x.graph.unary(op, x, n)}; }

// phi(x) / Phi(x) of the normal distribution.
inline Term normal_ratio(Term x) {
  return x.number(std::numbers::sqrt2 * std::numbers::inv_sqrtpi) / erfcx(x * -(1 / std::numbers::sqrt2));
}

// x - y, 0 where they are the same infinity.
inline Term difference(Term x, Term y) {
  const Term d = x - y, same = equal(x, y);
  return select(less(equal(d, d), same), x.number(0), d);
}

}  // namespace mmlcore::calculus
