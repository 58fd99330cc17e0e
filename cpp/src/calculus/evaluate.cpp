#include "evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "links.hpp"
#include "mmlcore/calculus/elementary/division.hpp"

namespace mmlcore::calculus {

using elementary::floor_divide;
using elementary::remainder;

double apply(Op op, std::int32_t aux, double x, double y, double z) {
  const auto truth = [](bool b) { return b ? 1.0 : 0.0; };
  switch (op) {
    case Op::Negative:
      return -x;
    case Op::Absolute:
      return std::abs(x);
    case Op::Sign:
      return std::isnan(x) ? x : static_cast<double>((x > 0) - (x < 0));
    case Op::Floor:
      return std::floor(x);
    case Op::Ceil:
      return std::ceil(x);
    case Op::Not:
      return truth(x == 0);
    case Op::Sqrt:
      return std::sqrt(x);
    case Op::Square:
      return x * x;
    case Op::Reciprocal:
      return 1 / x;
    case Op::Cbrt:
      return std::cbrt(x);
    case Op::Exp:
      return std::exp(x);
    case Op::Exp2:
      return std::exp2(x);
    case Op::Expm1:
      return std::expm1(x);
    case Op::Log:
      return std::log(x);
    case Op::Log2:
      return std::log2(x);
    case Op::Log10:
      return std::log10(x);
    case Op::Log1p:
      return std::log1p(x);
    case Op::Sin:
      return std::sin(x);
    case Op::Cos:
      return std::cos(x);
    case Op::Tan:
      return std::tan(x);
    case Op::Arcsin:
      return std::asin(x);
    case Op::Arccos:
      return std::acos(x);
    case Op::Arctan:
      return std::atan(x);
    case Op::Sinh:
      return std::sinh(x);
    case Op::Cosh:
      return std::cosh(x);
    case Op::Tanh:
      return std::tanh(x);
    case Op::Arcsinh:
      return std::asinh(x);
    case Op::Arccosh:
      return std::acosh(x);
    case Op::Arctanh:
      return std::atanh(x);
    case Op::Erf:
      return std::erf(x);
    case Op::Erfc:
      return std::erfc(x);
    case Op::Expit: {
      const double e = std::exp(-std::abs(x));
      return (x >= 0 ? 1 : e) / (1 + e);
    }
    case Op::SechSquared: {
      const double e = std::exp(-2 * std::abs(x));
      return 4 * e / ((1 + e) * (1 + e));
    }
    case Op::Power:
      return std::pow(x, aux);
    case Op::Add:
      return x + y;
    case Op::Subtract:
      return x - y;
    case Op::Multiply:
      return (aux & kAbsorbing) && (x == 0 || y == 0) ? 0 : x * y;
    case Op::Divide:
      return (aux & kAbsorbing) && x == 0 ? 0 : x / y;
    case Op::Pow:
      return std::pow(x, y);
    case Op::Arctan2:
      return std::atan2(x, y);
    case Op::Hypot:
      return std::hypot(x, y);
    case Op::LogAddExp:
      return x == y ? x + std::log(2.0) : std::max(x, y) + std::log1p(std::exp(-std::abs(x - y)));
    case Op::XLogY:
      return x == 0 && y == y ? 0 : x * std::log(y);
    case Op::FloorDivide:
      return floor_divide(x, y);
    case Op::Remainder:
      return remainder(x, y);
    case Op::Fmod:
      return std::fmod(x, y);
    case Op::Minimum:  // NaN if one is, as numpy's
      return std::isnan(x) || x < y ? x : y;
    case Op::Maximum:
      return std::isnan(x) || x > y ? x : y;
    case Op::Less:
      return truth(x < y);
    case Op::LessEqual:
      return truth(x <= y);
    case Op::Equal:
      return truth(x == y);
    case Op::And:
      return truth(x != 0 && y != 0);
    case Op::Or:
      return truth(x != 0 || y != 0);
    case Op::Select:
      return x != 0 ? y : z;
    case Op::MultiplyAdd:
      return x * y + z;
    case Op::MultiplySubtract:
      return x * y - z;
    case Op::SubtractMultiply:
      return z - x * y;
    default:
      return std::numeric_limits<double>::quiet_NaN();
  }
}

std::vector<double> evaluate(const Graph& graph, const Node& v) {
  std::vector<double> out(v.size, 0.0);
  if (is_elementwise(v.op)) {
    static const std::vector<double> nothing{0.0};
    const auto operand = [&](Id id) -> const std::vector<double>& { return id == kNone ? nothing : graph.values(id); };
    const std::vector<double>&a = operand(v.a), &b = operand(v.b), &c = operand(v.c);
    for (index_t i = 0; i < v.size; ++i) out[i] = apply(v.op, v.aux, a[i % a.size()], b[i % b.size()], c[i % c.size()]);
  } else if (v.op == Op::MatMul) {
    const std::vector<double>&a = graph.values(v.a), &b = graph.values(v.b);
    each_product(graph, v, [&](index_t to, index_t i, index_t j) {
      out[to] += apply(Op::Multiply, v.aux & kAbsorbing, a[i], b[j], 0);
    });
  } else if (v.op == Op::Recurrence) {
    const std::vector<double>&a = graph.values(v.a), &b = graph.values(v.b);
    const index_t count = v.dims[1], inner = v.dims[2], step = v.aux & 1 ? inner : -inner;
    for (index_t i = 0; i < v.size; ++i) {
      const index_t at = v.aux & 1 ? v.size - 1 - i : i, r = at / inner % count;
      const bool first = r == (v.aux & 1 ? count - 1 : 0);
      out[at] = b[at % b.size()];
      if (!first) out[at] += apply(Op::Multiply, v.aux & kAbsorbing, a[at % a.size()], out[at + step], 0);
    }
  } else {
    const bool adds = v.op == Op::Sum || v.op == Op::Scatter;
    each_link(graph, v, [&](index_t to, Id x, index_t from) {
      const double value = graph.values(x)[from];
      out[to] = adds ? out[to] + value : value;
    });
  }
  return out;
}

}  // namespace mmlcore::calculus
