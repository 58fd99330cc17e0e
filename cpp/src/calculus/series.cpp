#include "series.hpp"

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

// v' u = c v u'.
Series SeriesArithmetic::power(const Series& u, double c, Id first) const {
  Series v = zeros();
  v[0] = first;
  const Id inverse = g.unary(Op::Reciprocal, u[0]);
  for (int k = 1; k <= order_; ++k) {
    Id sum = kNone;
    for (int j = 1; j <= k; ++j) sum = add(sum, scale(multiply(u[j], v[k - j]), (c * j - (k - j)) / k));
    v[k] = multiply(sum, inverse);
  }
  return v;
}

}  // namespace mmlcore::calculus
