// Arithmetic of truncated power series whose coefficients are nodes.
#pragma once

#include "mmlcore/calculus/taylor.hpp"

namespace mmlcore::calculus {

class SeriesArithmetic {
 public:
  SeriesArithmetic(Graph& graph, int order) : g(graph), order_(order) {}

  int order() const { return order_; }
  Id number(double x) const { return g.constant(x); }
  Series constant(double x) const;
  Series zeros() const { return Series(order_ + 1, kNone); }

  // Where either may be kNone.
  Id add(Id x, Id y) const { return x == kNone ? y : y == kNone ? x : g.add(x, y); }
  Id subtract(Id x, Id y) const { return y == kNone ? x : x == kNone ? g.negative(y) : g.subtract(x, y); }
  Id multiply(Id x, Id y) const { return x == kNone || y == kNone ? kNone : g.multiply(x, y); }
  Id scale(Id x, double c) const { return x == kNone || c == 0 ? kNone : g.scale(x, c); }

  Series add(const Series& u, const Series& v) const;
  Series subtract(const Series& u, const Series& v) const;
  Series scale(const Series& u, double c) const;
  Series multiply(const Series& u, const Series& v) const;
  Series divide(const Series& u, const Series& v) const;
  Series sqrt(const Series& u, Id first) const;
  Series exp(const Series& u, Id first) const;
  Series log(const Series& u, Id first) const;
  Series power(const Series& u, int n) const;
  // c: numbers, one or as many as u has.
  Series power(const Series& u, Id c, Id first) const;
  // The length of the vector (u, v), and both in its units.
  struct Polar {
    Series length, cosine, sine;
  };
  Polar polar(const Series& u, const Series& v, Id length) const;

  // sum of u_j v_{k-j}, from <= j <= to.
  Id convolve(const Series& u, const Series& v, int k, int from, int to) const;
  // (1/k) sum of j u_j h_{k-j}, j > 0: coefficient k of the integral of h u'.
  Id integral(const Series& u, const Series& h, int k) const;
  // first, and the integral of h u'.
  Series integrate(const Series& u, const Series& h, Id first) const;

 private:
  Id power_at_zero(const Series& u, std::span<const double> c, int k, std::vector<Series>& powers) const;

  Graph& g;
  int order_;
};

}  // namespace mmlcore::calculus
