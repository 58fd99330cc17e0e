#include "mmlcore/calculus/taylor.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "mmlcore/core/errors.hpp"
#include "partials.hpp"
#include "series.hpp"

namespace mmlcore::calculus {
namespace {

class Taylor {
 public:
  Taylor(Graph& graph, int order) : g(graph), s(graph, order) {}

  Series of(Id id, const std::vector<Series>& known) {
    const Node v = g[id];
    known_ = &known;
    Series result;
    if (is_elementwise(v.op)) {
      const auto operand = [&](Id x) { return x == kNone ? Series() : series(x, known); };
      result = elementwise(id, v, operand(v.a), operand(v.b), operand(v.c));
      for (Id& x : result) {
        if (x != kNone) x = g.full(x, v.size);
      }
    } else {
      result = structure(id, v, known);
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
  Series square(const Series& u) const { return s.multiply(u, u); }
  Series root(const Series& u) const { return s.sqrt(u, g.unary(Op::Sqrt, u[0])); }
  // 1 / sqrt(1 - u^2), as the product of two roots, of which none overflows or cancels.
  Series over_circle(const Series& u) const {
    return s.divide(one(), root(s.multiply(s.subtract(one(), u), s.add(one(), u))));
  }

  // sin and cos, or sinh and cosh: each is the other's derivative, but for a sign.
  std::pair<Series, Series> pair(const Series& u, Op odd, Op even, double sign) const {
    Series first = s.zeros(), second = s.zeros();
    first[0] = g.unary(odd, u[0]), second[0] = g.unary(even, u[0]);
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

  Series elementwise(Id id, const Node& v, const Series& u, const Series& w, const Series& z) const {
    switch (v.op) {
      case Op::Negative:
        return s.scale(u, -1);
      case Op::Absolute: {
        const Id sign = sign_near(u);
        Series result = s.zeros();
        for (int k = 0; k <= s.order(); ++k) result[k] = s.multiply(u[k], sign);
        return result;
      }
      case Op::Sqrt:
        return s.sqrt(u, id);
      case Op::Square:
        if (const Id inner = under_squared_root(g, id); inner != kNone && !(*known_)[inner].empty()) return (*known_)[inner];
        return square(u);
      case Op::Reciprocal:
        return s.divide(one(), u);
      case Op::Cbrt:
        return s.power(u, s.number(1.0 / 3), id);
      case Op::Exp:
      case Op::Expm1:
        return s.exp(u, g.unary(Op::Exp, u[0]));
      case Op::Exp2:
        return s.exp(s.scale(u, std::numbers::ln2), id);
      case Op::Log:
        return s.log(u, id);
      case Op::Log1p:
        return s.log(s.add(u, one()), id);
      case Op::Log2:
        return s.scale(s.log(u, id), std::numbers::log2e);
      case Op::Log10:
        return s.scale(s.log(u, id), std::numbers::log10e);
      case Op::Sin:
        return pair(u, Op::Sin, Op::Cos, -1).first;
      case Op::Cos:
        return pair(u, Op::Sin, Op::Cos, -1).second;
      case Op::Sinh:
        return pair(u, Op::Sinh, Op::Cosh, 1).first;
      case Op::Cosh:
        return pair(u, Op::Sinh, Op::Cosh, 1).second;
      case Op::Tan:
        return of_itself(u, id, g.add(g.unary(Op::Square, id), s.number(1)), 1, 0).first;
      case Op::Tanh:
        return of_itself(u, id, g.unary(Op::SechSquared, u[0]), -1, 0).first;
      case Op::SechSquared:
        return of_itself(u, g.unary(Op::Tanh, u[0]), id, -1, 0).second;
      case Op::Expit:
        return of_itself(u, id, g.multiply(id, g.unary(Op::Expit, g.negative(u[0]))), -1, 1).first;
      case Op::Arctan:
        return s.integrate(u, s.divide(one(), s.add(square(u), one())), id);
      case Op::Arcsin:
        return s.integrate(u, over_circle(u), id);
      case Op::Arccos:
        return s.scale(s.integrate(u, over_circle(u), id), -1);
      case Op::Arcsinh:
        return s.integrate(u, s.divide(one(), s.polar(u, one(), g.binary(Op::Hypot, u[0], s.number(1))).length), id);
      case Op::Arccosh:
        return s.integrate(u, s.divide(one(), s.multiply(root(s.subtract(u, one())), root(s.add(u, one())))), id);
      case Op::Arctanh:
        return s.integrate(u, s.divide(one(), s.multiply(s.subtract(one(), u), s.add(one(), u))), id);
      case Op::Erf:
      case Op::Erfc: {
        const Series exponent = s.scale(square(u), -1);
        const Series bell = s.exp(exponent, g.unary(Op::Exp, exponent[0]));
        return s.integrate(u, s.scale(bell, (v.op == Op::Erf ? 2 : -2) * std::numbers::inv_sqrtpi), id);
      }
      case Op::Power:
        return s.power(u, v.aux);
      case Op::Add:
        return s.add(u, w);
      case Op::Subtract:
        return s.subtract(u, w);
      case Op::Multiply:
        return s.multiply(u, w);
      case Op::Divide:
        return s.divide(u, w);
      case Op::Pow: {
        const bool constant = std::all_of(w.begin() + 1, w.end(), [](Id x) { return x == kNone; });
        if (constant && g.is_constant(w[0])) return s.power(u, w[0], id);
        return s.exp(s.multiply(w, s.log(u, g.unary(Op::Log, u[0]))), id);
      }
      case Op::Arctan2: {  // (y' x - y x') / (x^2 + y^2), integrated
        const auto [length, sine, cosine] = s.polar(u, w, g.binary(Op::Hypot, u[0], w[0]));
        const Series first = s.integrate(u, s.divide(cosine, length), id);
        return s.subtract(first, s.integrate(w, s.divide(sine, length), s.number(0)));
      }
      case Op::Hypot:
        return s.polar(u, w, id).length;
      case Op::LogAddExp: {  // w' + expit(u - w) (u' - w')
        Series apart = s.subtract(u, w);
        apart[0] = difference(g, u[0], w[0]);
        const Id share = g.unary(Op::Expit, apart[0]), rest = g.unary(Op::Expit, g.negative(apart[0]));
        return s.add(w, s.integrate(apart, of_itself(apart, share, g.multiply(share, rest), -1, 1).first, s.number(0)));
      }
      case Op::XLogY:
        return s.multiply(u, s.log(w, g.unary(Op::Log, w[0])));
      case Op::Remainder:
        return s.subtract(u, s.multiply(w, fixed(g.binary(Op::FloorDivide, u[0], w[0]))));
      case Op::Fmod: {
        const Id quotient = g.divide(g.subtract(u[0], id), w[0]);
        return s.subtract(u, s.multiply(w, fixed(g.unary(Op::Floor, g.add(quotient, s.number(0.5))))));
      }
      case Op::Minimum:
        return s.scale(larger(s.scale(u, -1), s.scale(w, -1)), -1);
      case Op::Maximum:
        return larger(u, w);
      case Op::Select:
        return chosen(u[0], w, z);
      default:  // steps: constant around the point
        return s.zeros();
    }
  }

  Series structure(Id id, const Node& v, const std::vector<Series>& known) {
    Series result = s.zeros();
    const auto linear = [&](auto&& apply) {
      const Series u = series(v.a, known);
      for (int k = 1; k <= s.order(); ++k) result[k] = u[k] == kNone ? kNone : apply(u[k]);
      return result;
    };
    switch (v.op) {
      case Op::Sum:
        return linear([&](Id x) { return g.sum(x, v.dims[0], v.dims[1], v.dims[2]); });
      case Op::Tile:
        return linear([&](Id x) { return g.tile(x, v.dims[0], v.dims[1], v.dims[2]); });
      case Op::Gather: {
        const std::vector<std::int32_t> index = g.index(v.aux);
        return linear([&](Id x) { return g.gather(x, v.dims[0], index); });
      }
      case Op::Scatter: {
        const std::vector<std::int32_t> index = g.index(v.aux);
        return linear([&](Id x) { return g.scatter(x, v.dims[0], index, v.dims[1]); });
      }
      case Op::Concat: {
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
      case Op::MatMul: {
        const Series a = series(v.a, known), b = series(v.b, known);
        for (int k = 1; k <= s.order(); ++k) {
          for (int j = 0; j <= k; ++j) {
            if (a[j] == kNone || b[k - j] == kNone) continue;
            result[k] = s.add(result[k], g.matmul(a[j], b[k - j], v.dims[0], v.dims[1], v.dims[2], v.aux));
          }
        }
        return result;
      }
      case Op::Recurrence: {  // s = a S s + b, S the shift: every coefficient solves the same recurrence
        const Series a = series(v.a, known), b = series(v.b, known);
        std::vector<Id> before{shifted(g, id, v, !(v.aux & 1))};
        for (int k = 1; k <= s.order(); ++k) {
          Id term = b[k];
          for (int j = 1; j <= k; ++j) term = s.add(term, s.multiply(a[j], before[k - j]));
          if (term != kNone) result[k] = g.recurrence(v.a, g.full(term, v.size), v.dims[0], v.dims[1], v.dims[2], v.aux & 1);
          before.push_back(result[k] == kNone ? kNone : shifted(g, result[k], v, !(v.aux & 1)));
        }
        return result;
      }
      default:
        return result;
    }
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
