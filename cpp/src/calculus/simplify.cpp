// Elementwise nodes, and which of them need not be made.
#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "mmlcore/calculus/graph.hpp"

namespace mmlcore::calculus {
namespace {

// Elements of a result of operands of these sizes, as numpy broadcasts them: none if one has none.
index_t common(std::initializer_list<index_t> sizes) { return std::min(sizes) == 0 ? 0 : std::max(sizes); }

// Whether a number, and what it multiplies, stay far from the ends of the range, of float32 too: 2^-n ... 2^n.
bool moderate(double c, int n) {
  int exponent;
  return c != 0 && std::isfinite(c) && (std::frexp(c, &exponent), std::abs(exponent) <= n);
}

}  // namespace

bool Graph::is_value(Id id, double value) const {
  return is_constant(id) && nodes_[id].size == 1 && values(id)[0] == value && !std::signbit(values(id)[0]);
}

bool Graph::is_number(Id id) const { return is_constant(id) && nodes_[id].size == 1; }

// c and u of a product c u of a number and an array of the product's size; kNone for what is none.
std::pair<double, Id> Graph::scaled(Id id) const {
  const Node v = nodes_[id];
  if (v.op != Op::Multiply) return {1, kNone};
  for (const auto& [number, other] : {std::pair{v.a, v.b}, std::pair{v.b, v.a}}) {
    if (is_number(number) && nodes_[other].size == v.size) return {values(number)[0], other};
  }
  return {1, kNone};
}

std::pair<double, Id> Graph::moderately_scaled(Id id) const {
  const auto found = scaled(id);
  return moderate(found.first, 10) ? found : std::pair<double, Id>{1, kNone};
}

// C and u of a product C u of a constant array and an array, `shorter`: as in derivatives in several directions.
std::pair<Id, Id> Graph::spread(Id id, bool shorter) const {
  const Node v = nodes_[id];
  if (v.op != Op::Multiply) return {kNone, kNone};
  for (const auto& [array, other] : {std::pair{v.a, v.b}, std::pair{v.b, v.a}}) {
    if (is_constant(array) && nodes_[array].size == v.size && (!shorter || nodes_[other].size < v.size) &&
        !is_constant(other))
      return {array, other};
  }
  return {kNone, kNone};
}

// The sum of C u and C v, or their difference, or kNone where x and y are nothing like that.
Id Graph::together(Id x, Id y, Op op) {
  const auto [c, u] = spread(x);
  const auto [d, v] = spread(y);
  return c != kNone && c == d && nodes_[u].size == nodes_[v].size ? multiply(c, binary(op, u, v)) : kNone;
}

// c u + sign d u = (c + sign d) u, for moderate numbers that do not cancel; kNone for what is nothing like that.
Id Graph::multiples(Id x, Id y, int sign) {
  auto [c, u] = moderately_scaled(x);
  auto [d, v] = moderately_scaled(y);
  if (u == kNone) u = x;
  if (v == kNone) v = y;
  const double both = c + sign * d;
  return u == v && moderate(both, 10) ? multiply(constant(both), u) : kNone;
}

// The number that a constant array repeats, where what stands beside it has its size.
Id Graph::as_number(Id x, Id beside) const {
  const auto at = same_everywhere_.find(x);
  return at != same_everywhere_.end() && nodes_[beside].size == nodes_[x].size ? at->second : x;
}

Id Graph::unary(Op op, Id x, std::int32_t aux) {
  const Node v = nodes_[x];
  if (op == Op::Negative) {
    if (v.op == Op::Negative) return v.a;
    if (v.op == Op::Subtract && nodes_[v.a].size == v.size && nodes_[v.b].size == v.size)
      return binary(Op::Subtract, v.b, v.a);
    if (const auto [c, u] = scaled(x); u != kNone) return multiply(constant(-c), u);
    if (v.op == Op::Divide && is_number(v.b)) return divide(v.a, constant(-values(v.b)[0]));
    if (sweeping_ && v.op == Op::Multiply) {  // -(c u) y, the same number, without a pass of its own
      for (const auto& [product, y] : {std::pair{v.a, v.b}, std::pair{v.b, v.a}}) {
        const auto [c, u] = scaled(product);
        if (u != kNone && nodes_[product].size == v.size) return multiply(multiply(constant(-c), u), y);
      }
    }
  }
  if (op == Op::Absolute) {
    const int sign = sign_of(x);
    if (sign > 0) return x;
    if (sign < 0) return unary(Op::Negative, x);
  }
  if (op == Op::Square && (v.op == Op::Negative || v.op == Op::Absolute)) return unary(op, v.a);
  Node node{op};
  node.aux = aux;
  node.a = x;
  node.size = v.size;
  return folded(node);
}

Id Graph::binary(Op op, Id x, Id y) {
  if (sweeping_) {  // the adjoints of sums
    if (!is_constant(y)) x = as_number(x, y);
    if (!is_constant(x)) y = as_number(y, x);
  }
  const index_t size = common({nodes_[x].size, nodes_[y].size});
  const bool whole = nodes_[x].size == size, other = nodes_[y].size == size;
  switch (op) {
    case Op::Add:
      if (is_value(y, 0) && whole) return x;
      if (is_value(x, 0) && other) return y;
      if (x == y) return scale(x, 2);
      if (nodes_[y].op == Op::Negative) return binary(Op::Subtract, x, nodes_[y].a);
      if (nodes_[x].op == Op::Negative) return binary(Op::Subtract, y, nodes_[x].a);
      if (!sweeping_) break;
      if (const Id both = multiples(x, y, 1); both != kNone) return both;
      // C u + C v = C (u + v), a sum of few numbers; and so where one of them is in a sum already.
      if (const Id both = together(x, y); both != kNone) return both;
      for (const auto& [sum, term] : {std::pair{x, y}, std::pair{y, x}}) {
        const Node v = nodes_[sum];
        if (v.op != Op::Add) continue;
        for (const auto& [part, rest] : {std::pair{v.a, v.b}, std::pair{v.b, v.a}}) {
          Id both = spread(term).first == kNone ? kNone : together(part, term);
          if (both == kNone && nodes_[part].size == nodes_[term].size) both = multiples(part, term, 1);
          if (both != kNone) return add(rest, both);
        }
      }
      break;
    case Op::Subtract:
      if (is_value(y, 0) && whole) return x;
      if (is_value(x, 0) && other) return negative(y);
      if (nodes_[y].op == Op::Negative) return binary(Op::Add, x, nodes_[y].a);
      if (!sweeping_) break;
      if (const Id both = multiples(x, y, -1); both != kNone) return both;
      if (const Id both = together(x, y, Op::Subtract); both != kNone) return both;
      break;
    case Op::Multiply:
      if (is_value(y, 1) && whole) return x;
      if (is_value(x, 1) && other) return y;
      if (is_number(y) && values(y)[0] == -1 && whole) return negative(x);
      if (is_number(x) && values(x)[0] == -1 && other) return negative(y);
      if (x == y) return unary(Op::Square, x);
      // Signs and numbers go outwards, where they meet and cancel: (-x) y = -(x y), (c x) (d y) = (c d) (x y).
      if (nodes_[x].op == Op::Negative) return negative(multiply(nodes_[x].a, y));
      if (nodes_[y].op == Op::Negative) return negative(multiply(x, nodes_[y].a));
      // Values keep the order that was written, in which u v may have been kept from overflow by c and d.
      if (const auto [c, u] = scaled(x); sweeping_ && u != kNone && moderate(c, 10)) {
        if (const auto [d, v] = scaled(y); v != kNone && moderate(d, 10)) return multiply(constant(c * d), multiply(u, v));
      }
      // (C u) v = C (u v), where u and v are shorter.
      for (const auto& [product, factor] : {std::pair{x, y}, std::pair{y, x}}) {
        if (!sweeping_) break;
        const auto [c, u] = spread(product);
        if (c != kNone && nodes_[factor].size == nodes_[u].size) return multiply(c, multiply(u, factor));
      }
      // c (d x) = (c d) x, for numbers c and d whose product is a number of float32 too.
      for (const auto& [number, product] : {std::pair{x, y}, std::pair{y, x}}) {
        if (!is_number(number)) continue;
        const auto [d, u] = scaled(product);
        if (u == kNone || nodes_[u].size != size) continue;
        const double both = values(number)[0] * d;
        if (moderate(both, 100) && moderate(d, 120)) return multiply(constant(both), u);
      }
      break;
    case Op::Maximum:
    case Op::Minimum:
      if (x == y) return x;
      // The larger of 0 and what is never negative; the smaller of 0 and what is never positive.
      for (const auto& [zero, other] : {std::pair{x, y}, std::pair{y, x}}) {
        if (is_number(zero) && values(zero)[0] == 0 && nodes_[other].size == size &&
            sign_of(other) == (op == Op::Maximum ? 1 : -1))
          return other;
      }
      break;
    case Op::Divide:
      if (is_value(y, 1) && whole) return x;
      if (is_value(x, 1) && other) return unary(Op::Reciprocal, y);
      if (nodes_[x].op == Op::Negative && is_number(y)) return divide(nodes_[x].a, constant(-values(y)[0]));
      // By a power of two: the product with its reciprocal is the same number, and faster.
      if (is_number(y)) {
        int exponent;
        const double d = values(y)[0];
        if (std::abs(std::frexp(d, &exponent)) == 0.5 && std::abs(exponent) < 120) return multiply(x, constant(1 / d));
      }
      break;
    default:
      break;
  }
  Node node{op};
  const bool commutes = has(op, kCommutes);
  node.a = commutes ? std::min(x, y) : x;
  node.b = commutes ? std::max(x, y) : y;
  node.size = static_cast<std::int32_t>(size);
  return folded(node);
}

Id Graph::select(Id condition, Id x, Id y) {
  if (x == y) return x;
  const index_t size = common({nodes_[condition].size, nodes_[x].size, nodes_[y].size});
  Node node{Op::Select};
  const auto fit = [&](Id id) { return nodes_[id].size == 1 ? id : full(id, size); };
  node.a = fit(condition);
  node.b = fit(x);
  node.c = fit(y);
  node.size = static_cast<std::int32_t>(size);
  return folded(node);
}

Id Graph::pow(Id x, double exponent) {
  if (exponent == 1) return x;
  if (exponent == 2) return unary(Op::Square, x);
  if (exponent == 0.5) return unary(Op::Sqrt, x);
  if (exponent == -1) return unary(Op::Reciprocal, x);
  if (exponent == std::rint(exponent) && std::abs(exponent) <= 1024) {
    if (exponent == 0) return full(constant(1.0), nodes_[x].size);
    return unary(Op::Power, x, static_cast<std::int32_t>(exponent));
  }
  return binary(Op::Pow, x, constant(exponent));
}

}  // namespace mmlcore::calculus
