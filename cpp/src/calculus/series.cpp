#include "series.hpp"

#include <cmath>
#include <cstdlib>

namespace mmlcore::calculus {

Series SeriesArithmetic::constant(double x) const {
  Series u = zeros();
  if (x != 0) u[0] = number(x);
  return u;
}

Series SeriesArithmetic::add(const Series& u, const Series& v) const {
  Series w = zeros();
  for (int k = 0; k <= order_; ++k) w[k] = add(u[k], v[k]);
  return w;
}

Series SeriesArithmetic::subtract(const Series& u, const Series& v) const {
  Series w = zeros();
  for (int k = 0; k <= order_; ++k) w[k] = subtract(u[k], v[k]);
  return w;
}

Series SeriesArithmetic::scale(const Series& u, double c) const {
  Series w = zeros();
  for (int k = 0; k <= order_; ++k) w[k] = scale(u[k], c);
  return w;
}

Id SeriesArithmetic::convolve(const Series& u, const Series& v, int k, int from, int to) const {
  Id sum = kNone;
  if (&u == &v && from == k - to) {  // a square: each pair once
    for (int j = from; 2 * j < k; ++j) sum = add(sum, multiply(u[j], u[k - j]));
    sum = scale(sum, 2);
    return k % 2 == 0 && k / 2 >= from ? add(sum, multiply(u[k / 2], u[k / 2])) : sum;
  }
  for (int j = from; j <= to; ++j) sum = add(sum, multiply(u[j], v[k - j]));
  return sum;
}

Series SeriesArithmetic::multiply(const Series& u, const Series& v) const {
  Series w = zeros();
  for (int k = 0; k <= order_; ++k) w[k] = convolve(u, v, k, 0, k);
  return w;
}

Series SeriesArithmetic::divide(const Series& u, const Series& v) const {
  Series w = zeros();
  const Id inverse = g.unary(Op::Reciprocal, v[0]);
  for (int k = 0; k <= order_; ++k) {
    const Id rest = subtract(u[k], convolve(v, w, k, 1, k));
    // The value itself is rounded once.
    w[k] = rest == kNone ? kNone : k == 0 ? g.divide(rest, v[0]) : g.multiply(rest, inverse);
  }
  return w;
}

Series SeriesArithmetic::sqrt(const Series& u, Id first) const {
  Series v = zeros();
  v[0] = first;
  const Id inverse = g.divide(number(0.5), first);
  for (int k = 1; k <= order_; ++k) v[k] = multiply(subtract(u[k], convolve(v, v, k, 1, k - 1)), inverse);
  return v;
}

Id SeriesArithmetic::integral(const Series& u, const Series& h, int k) const {
  Id sum = kNone;
  for (int j = 1; j <= k; ++j) sum = add(sum, multiply(scale(u[j], j), h[k - j]));
  return scale(sum, 1.0 / k);
}

Series SeriesArithmetic::integrate(const Series& u, const Series& h, Id first) const {
  Series v = zeros();
  v[0] = first;
  for (int k = 1; k <= order_; ++k) v[k] = integral(u, h, k);
  return v;
}

Series SeriesArithmetic::exp(const Series& u, Id first) const {
  Series v = zeros();
  v[0] = first;
  for (int k = 1; k <= order_; ++k) v[k] = integral(u, v, k);
  return v;
}

// v' u = u'.
Series SeriesArithmetic::log(const Series& u, Id first) const {
  Series v = zeros();
  v[0] = first;
  const Id inverse = g.unary(Op::Reciprocal, u[0]);
  for (int k = 1; k <= order_; ++k) {
    Id sum = kNone;
    for (int j = 1; j < k; ++j) sum = add(sum, multiply(scale(v[j], j), u[k - j]));
    v[k] = multiply(subtract(u[k], scale(sum, 1.0 / k)), inverse);
  }
  return v;
}

// Products alone, which have no trouble at zero.
Series SeriesArithmetic::power(const Series& u, int n) const {
  if (n < 0) return divide(constant(1), power(u, -n));
  Series result = constant(1), square = u;
  bool empty = true;
  for (int rest = n; rest; rest >>= 1) {
    if (rest & 1) result = empty ? square : multiply(result, square), empty = false;
    if (rest > 1) square = multiply(square, square);
  }
  return result;
}

// u^c at u_0 = 0, coefficient k: the terms C(c, m) 0^(c-m) (u^m)_k, m <= k, of which the highest that is there counts most:
// the numbers 0^(c-m) are 0 up to c, and infinite beyond.
Id SeriesArithmetic::power_at_zero(const Series& u, std::span<const double> c, int k, std::vector<Series>& powers) const {
  Id sum = kNone;
  const Id none = number(0);
  std::vector<double> binomial(c.size(), 1);
  for (int m = 1; m <= k; ++m) {
    std::vector<double> factor(c.size());
    for (std::size_t i = 0; i < c.size(); ++i) {
      binomial[i] *= (c[i] - (m - 1)) / m;
      factor[i] = binomial[i] == 0 ? 0 : binomial[i] * std::pow(0.0, c[i] - m);
    }
    if (static_cast<int>(powers.size()) < m) powers.push_back(m == 1 ? u : multiply(powers.back(), u));
    const Id factors = g.constant(factor.data(), static_cast<index_t>(factor.size())), part = powers[m - 1][k];
    if (g.is_zero(factors) || part == kNone) continue;
    const Id term = g.multiply(part, factors);
    sum = sum == kNone ? term : g.select(g.binary(Op::Equal, term, none), sum, term);
  }
  return sum == kNone ? none : sum;
}

// v' u = c v u'.
Series SeriesArithmetic::power(const Series& u, Id c, Id first) const {
  Series v = zeros();
  v[0] = first;
  const Id inverse = g.unary(Op::Reciprocal, u[0]), at_zero = g.binary(Op::Equal, u[0], number(0));
  const std::span<const double> exponents = g.values(c);
  Series above = u;  // what is above u_0, where that is zero
  above[0] = kNone;
  std::vector<Series> powers;
  for (int k = 1; k <= order_; ++k) {
    Id sum = kNone;
    for (int j = 1; j <= k; ++j) {
      std::vector<double> factor;
      for (const double x : exponents) factor.push_back((x * j - (k - j)) / k);
      const Id product = multiply(u[j], v[k - j]);
      if (product != kNone) sum = add(sum, g.multiply(product, g.constant(factor.data(), g.size(c))));
    }
    if (sum == kNone) continue;
    v[k] = g.select(at_zero, power_at_zero(above, exponents, k, powers), multiply(sum, inverse));
  }
  return v;
}

// h' = (u / h) u' + (v / h) v': no square overflows.
SeriesArithmetic::Polar SeriesArithmetic::polar(const Series& u, const Series& v, Id length) const {
  Polar p{zeros(), zeros(), zeros()};
  const auto over = [&](Id x) { return x == kNone ? kNone : g.divide(x, length); };
  p.length[0] = length, p.cosine[0] = over(u[0]), p.sine[0] = over(v[0]);
  for (int k = 1; k <= order_; ++k) {
    p.length[k] = add(integral(u, p.cosine, k), integral(v, p.sine, k));
    p.cosine[k] = over(subtract(u[k], convolve(p.length, p.cosine, k, 1, k)));
    p.sine[k] = over(subtract(v[k], convolve(p.length, p.sine, k, 1, k)));
  }
  return p;
}

}  // namespace mmlcore::calculus
