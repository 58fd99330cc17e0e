#include "mmlcore/calculus/taylor.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "loops.hpp"
#include "matrix_rules.hpp"
#include "mmlcore/core/errors.hpp"
#include "partials.hpp"
#include "series.hpp"
#include "terms.hpp"

namespace mmlcore::calculus {
namespace {

class Taylor {
 public:
  Taylor(Graph& graph, int order) : g(graph), s(graph, order) {}

  Series of(Id id, const std::vector<Series>& known) {
    const Node node = g[id];
    known_ = &known;
    Series result;
    if (is_elementwise(node.op)) {
      const auto operand = [&](Id x) { return x == kNone ? Series() : series(x, known); };
      result = elementwise(id, node, operand(node.a), operand(node.b), operand(node.c));
      for (Id& x : result) {
        if (x != kNone) x = g.full(x, node.size);
      }
    } else {
      result = structure(id, node, known);
    }
    result[0] = id;
    return result;
  }

 private:
  Series series(Id x, const std::vector<Series>& known) const {
    if (x < static_cast<Id>(known.size()) && !known[x].empty()) return known[x];
    return fixed(x);
  }
  Series one() const { return s.constant(1); }
  Series fixed(Id x) const {
    Series u = s.zeros();
    u[0] = x;
    return u;
  }
  Series root(const Series& u) const { return s.sqrt(u, g.unary(Op::Sqrt, u[0])); }
  // 1 / sqrt(1 - u^2), as the product of two roots, of which none overflows or cancels.
  Series over_circle(const Series& u) const {
    return s.divide(one(), root(s.multiply(s.subtract(one(), u), s.add(one(), u))));
  }

  // sin and cos, or sinh and cosh, from their values: each is the other's derivative, but for a sign.
  std::pair<Series, Series> pair(const Series& u, Id odd, Id even, double sign) const {
    Series first = s.zeros(), second = s.zeros();
    first[0] = odd, second[0] = even;
    for (int k = 1; k <= s.order(); ++k) {
      first[k] = s.integral(u, second, k);
      second[k] = s.scale(s.integral(u, first, k), sign);
    }
    return {first, second};
  }

  // v' = h u' with h = h_0, then a v^2 + b v.
  std::pair<Series, Series> of_itself(const Series& u, Id first, Id h0, double a, double b) const {
    Series v = s.zeros(), h = s.zeros();
    v[0] = first, h[0] = h0;
    for (int k = 1; k <= s.order(); ++k) {
      v[k] = s.integral(u, h, k);
      h[k] = s.add(s.scale(s.convolve(v, v, k, 0, k), a), s.scale(v[k], b));
    }
    return {v, h};
  }

  // The sign of u near the point: that of the first coefficient that is not zero if it belongs to an even power; 0 if it
  // belongs to an odd one, where u changes its sign.
  Id sign_near(const Series& u) const {
    Id sign = g.constant(0.0);
    for (int k = s.order(); k >= 0; --k) {
      if (u[k] == kNone) continue;
      const Id own = k % 2 == 0 ? g.unary(Op::Sign, u[k]) : g.constant(0.0);
      sign = g.select(g.binary(Op::Equal, u[k], g.constant(0.0)), sign, own);
    }
    return sign;
  }

  // The larger of u and w, the mean of both where they cross.
  Series larger(const Series& u, const Series& w) const {
    const Id sign = sign_near(s.subtract(u, w)), none = g.constant(0.0);
    const Series mean = s.scale(s.add(u, w), 0.5);
    return chosen(g.binary(Op::Equal, sign, none), mean, chosen(g.binary(Op::Less, none, sign), u, w));
  }

  Series chosen(Id condition, const Series& x, const Series& y) const {
    Series result = s.zeros();
    const auto value = [&](Id id) { return id == kNone ? g.constant(0.0) : id; };
    for (int k = 0; k <= s.order(); ++k) {
      if (x[k] != kNone || y[k] != kNone) result[k] = g.select(condition, value(x[k]), value(y[k]));
    }
    return result;
  }

  Series absolute_series(const Series& u) const {
    const Id sign = sign_near(u);
    Series result = s.zeros();
    for (int k = 0; k <= s.order(); ++k) result[k] = s.multiply(u[k], sign);
    return result;
  }

  Series square_series(const Series& u, Id v) const {
    if (const Id inner = under_squared_root(g, v); inner != kNone && !(*known_)[inner].empty()) return (*known_)[inner];
    return s.multiply(u, u);
  }

  // c exp(-u^2).
  Series bell(const Series& u, double c) const {
    const Series exponent = s.scale(s.multiply(u, u), -1);
    return s.scale(s.exp(exponent, g.unary(Op::Exp, exponent[0])), c);
  }

  Series power_series(const Series& u, const Series& w, Id v) const {
    const bool constant = std::all_of(w.begin() + 1, w.end(), [](Id x) { return x == kNone; });
    if (constant && g.is_constant(w[0])) return s.power(u, w[0], v);
    return s.exp(s.multiply(w, s.log(u, g.unary(Op::Log, u[0]))), v);
  }

  // (y' x - y x') / (x^2 + y^2), integrated.
  Series angle_series(const Series& y, const Series& x, Id v, Id radius) const {
    const auto [length, sine, cosine] = s.polar(y, x, radius);
    const Series first = s.integrate(y, s.divide(cosine, length), v);
    return s.subtract(first, s.integrate(x, s.divide(sine, length), s.number(0)));
  }

  // w' + expit(u - w) (u' - w'), integrated.
  Series log_of_sum_series(const Series& u, const Series& w) const {
    Series apart = s.subtract(u, w);
    apart[0] = difference(Term{g, u[0]}, Term{g, w[0]});
    const Id share = g.unary(Op::Expit, apart[0]), rest = g.unary(Op::Expit, g.negative(apart[0]));
    return s.add(w, s.integrate(apart, of_itself(apart, share, g.multiply(share, rest), -1, 1).first, s.number(0)));
  }

  // f(u) by the derivatives of f at u_0: `derivative(m)`.
  template <class F>
  Series composed(const Series& u, Id first, F&& derivative) const {
    Series result = s.zeros(), away = u;
    away[0] = kNone;
    Series power = away;
    double factorial = 1;
    for (int m = 1; m <= s.order(); ++m) {
      factorial *= m;
      const Id slope = s.scale(derivative(m), 1 / factorial);
      for (int k = m; k <= s.order(); ++k) result[k] = s.add(result[k], s.multiply(power[k], slope));
      if (m < s.order()) power = s.multiply(power, away);
    }
    result[0] = first;
    return result;
  }
  Series polygamma_series(const Series& u, int n, Id v) const {
    return composed(u, v, [&](int m) { return g.unary(Op::Polygamma, u[0], n + m); });
  }
  Series log_gamma_series(const Series& u, Id v) const { return polygamma_series(u, -1, v); }

  // 2^m times the m-th derivative of C_n is the sum of (m over j) (-+1)^j C_(n - m + 2 j), of I with the upper sign
  // reversed; the factor exp(-|u|) by itself.
  Series bessel_series(Op op, const Series& u, int n, Id v) const {
    const bool modified = op == Op::BesselIe;
    const Series plain = composed(u, v, [&](int m) {
      Id sum = kNone;
      double binomial = std::ldexp(1.0, -m);
      for (int j = 0; j <= m; binomial *= (m - j) / (j + 1.0), ++j)
        sum = s.add(sum, s.scale(g.unary(op, u[0], n - m + 2 * j), modified || j % 2 == 0 ? binomial : -binomial));
      return sum;
    });
    return modified ? s.multiply(plain, s.exp(s.scale(absolute_series(u), -1), s.number(1))) : plain;
  }

  // v' = (2 u v - 2 / sqrt(pi)) u'.
  Series scaled_tail_series(const Series& u, Id first) const {
    Series v = s.zeros(), slope = s.zeros();
    v[0] = first;
    for (int k = 0; k <= s.order(); ++k) {
      if (k > 0) v[k] = s.integral(u, slope, k);
      slope[k] = s.scale(s.convolve(u, v, k, 0, k), 2);
      if (k == 0) slope[k] = s.subtract(slope[k], s.number(2 * std::numbers::inv_sqrtpi));
    }
    return v;
  }
  // v' = r u', r' = -r (u + r) u'.
  Series log_normal_series(const Series& u, Id first) const {
    Series v = s.zeros(), r = s.zeros(), both = s.zeros(), slope = s.zeros();
    v[0] = first, r[0] = normal_ratio(Term{g, u[0]});
    for (int k = 0; k <= s.order(); ++k) {
      if (k > 0) v[k] = s.integral(u, r, k), r[k] = s.integral(u, slope, k);
      both[k] = s.add(u[k], r[k]);
      slope[k] = s.scale(s.convolve(r, both, k, 0, k), -1);
    }
    return v;
  }
  // v' = c exp(v^2) u'.
  Series inverse_error_series(const Series& u, Id first, double c) const {
    Series v = s.zeros(), square = s.zeros(), slope = s.zeros();
    v[0] = first;
    for (int k = 0; k <= s.order(); ++k) {
      if (k > 0) v[k] = s.integral(u, slope, k);
      square[k] = s.convolve(v, v, k, 0, k);
      slope[k] = k > 0 ? s.integral(square, slope, k) : s.scale(g.unary(Op::Exp, square[0]), c);
    }
    return v;
  }

  Series elementwise(Id id, const Node& node, const Series& a, const Series& b, const Series& c) const {
    using std::numbers::inv_sqrtpi, std::numbers::ln2, std::numbers::log10e, std::numbers::log2e;
    const std::int32_t aux = node.aux;
    const Term v{g, id}, x{g, node.a}, y{g, node.b};
    (void)aux;
    const auto number = [&](double value) { return v.number(value); };
    switch (node.op) {
#define UNARY(op, name, traits, print, scalar, vector, partial, taylor) \
  case Op::op:                                                          \
    return taylor;
#define BINARY(op, name, traits, print, scalar, vector, partial_x, partial_y, taylor) \
  case Op::op:                                                                        \
    return taylor;
#define TERNARY(op, name, traits, print, scalar, vector, partial_x, partial_y, partial_z, taylor) \
  case Op::op:                                                                                    \
    return taylor;
#include "mmlcore/calculus/operations.def"
      default:  // steps: constant around the point
        return s.zeros();
    }
  }

  Series structure(Id id, const Node& v, const std::vector<Series>& known) const {
    if (is_matrix(v.op)) {
      return matrix_series(g, id, series(v.a, known), v.b == kNone || !has_partial(v.op) ? Series() : series(v.b, known));
    }
    const auto linear = [&](auto&& apply) {
      Series result = s.zeros();
      const Series u = series(v.a, known);
      for (int k = 1; k <= s.order(); ++k) result[k] = u[k] == kNone ? kNone : apply(u[k]);
      return result;
    };
    return for_structure(
        v.op,
        Rules{
            [&](Is<Op::Sum>) { return linear([&](Id x) { return g.sum(x, v.dims[0], v.dims[1], v.dims[2]); }); },
            [&](Is<Op::Tile>) { return linear([&](Id x) { return g.tile(x, v.dims[0], v.dims[1], v.dims[2]); }); },
            [&](Is<Op::Gather>) {
              const std::vector<std::int32_t> index = g.index(v.aux);
              return linear([&](Id x) { return g.gather(x, v.dims[0], index); });
            },
            [&](Is<Op::Scatter>) {
              const std::vector<std::int32_t> index = g.index(v.aux);
              return linear([&](Id x) { return g.scatter(x, v.dims[0], index, v.dims[1]); });
            },
            [&](Is<Op::Concat>) { return concat(v, known); },
            [&](Is<Op::MatMul>) { return matmul(v, series(v.a, known), series(v.b, known)); },
            [&](Is<Op::Loop>) {
              const Series operands[] = {series(v.a, known), series(v.b, known), series(v.c, known)};
              return loop_series(g, id, operands);
            },
            [&](Is<Op::Order>) { return s.zeros(); },
            [&](Is<Op::Search>) { return s.zeros(); },
            [&](Is<Op::Pick>) {
              return linear([&](Id x) { return g.pick(x, v.b, v.dims[0], v.dims[1], v.dims[2], v.size); });
            },
            [&](Is<Op::Place>) { return linear([&](Id x) { return g.place(x, v.b, v.dims[0], v.dims[1], v.dims[2]); }); },
            [&](Is<Op::Recurrence>) { return recurrence(id, v, series(v.a, known), series(v.b, known)); },
        });
  }

  Series concat(const Node& v, const std::vector<Series>& known) const {
    Series result = s.zeros();
    const std::vector<Id> parts = g.index(v.aux);
    for (int k = 1; k <= s.order(); ++k) {
      std::vector<Id> pieces;
      bool any = false;
      for (const Id part : parts) {
        const Id x = series(part, known)[k];
        any = any || x != kNone;
        pieces.push_back(x != kNone ? x : g.full(g.constant(0.0), g.size(part)));
      }
      if (any) result[k] = g.concat(pieces);
    }
    return result;
  }

  Series matmul(const Node& v, const Series& a, const Series& b) const {
    Series result = s.zeros();
    for (int k = 1; k <= s.order(); ++k) {
      for (int j = 0; j <= k; ++j) {
        if (a[j] == kNone || b[k - j] == kNone) continue;
        result[k] = s.add(result[k], g.matmul(a[j], b[k - j], v.dims[0], v.dims[1], v.dims[2], v.aux));
      }
    }
    return result;
  }

  // s = a S s + b, S the shift: every coefficient solves the same recurrence.
  Series recurrence(Id id, const Node& v, const Series& a, const Series& b) const {
    Series result = s.zeros();
    std::vector<Id> before{shifted(g, id, v, !(v.aux & 1))};
    for (int k = 1; k <= s.order(); ++k) {
      Id term = b[k];
      for (int j = 1; j <= k; ++j) term = s.add(term, s.multiply(a[j], before[k - j]));
      if (term != kNone) result[k] = g.recurrence(v.a, g.full(term, v.size), v.dims[0], v.dims[1], v.dims[2], v.aux & 1);
      before.push_back(result[k] == kNone ? kNone : shifted(g, result[k], v, !(v.aux & 1)));
    }
    return result;
  }

  Graph& g;
  SeriesArithmetic s;
  const std::vector<Series>* known_ = nullptr;
};

}  // namespace

std::vector<Series> taylor(Graph& graph, const std::vector<Id>& outputs, const std::vector<Id>& of,
                           const std::vector<Series>& curves) {
  const std::vector<char> active = depends_on(graph, of);
  const Graph::Sweep marks(graph);
  const int order = static_cast<int>(curves.at(0).size()) - 1;
  std::vector<Series> known(active.size());
  for (std::size_t i = 0; i < of.size(); ++i) known[of[i]] = curves[i];
  Taylor rules(graph, order);
  Id last = -1;
  for (const Id output : outputs) last = std::max(last, output);
  for (Id id = 0; id <= last; ++id) {
    if (active[id] && known[id].empty()) known[id] = rules.of(id, known);
  }
  std::vector<Series> result;
  for (const Id output : outputs) {
    if (known[output].empty()) {
      known[output].assign(order + 1, kNone);
      known[output][0] = output;
    }
    result.push_back(known[output]);
  }
  return result;
}

}  // namespace mmlcore::calculus
