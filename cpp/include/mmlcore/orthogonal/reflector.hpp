// Householder's reflection, for a number and for a vector of lanes alike: H = I - s v v' with s = 2 / v'v maps x on beta
// e_0,
//
//   beta = -sign(x_0) |x|,    v = x - beta e_0 = (head, x_1, x_2, ...),    s = 1 / (-beta head),
//
// because v'v = 2 (|x|^2 + |x_0| |x|) = -2 beta head. The sign makes `head` a sum of two numbers of one sign: nothing
// cancels (Golub and Van Loan, "Matrix computations", 2013, section 5.1).
//
// `reflector` is the form that outlives its column, v / head = (1, v_1, ...) with tau = s head^2 = -head / beta. Squares
// that would vanish are taken of x times a power of two, which is what H does not depend on.
#pragma once

#include <algorithm>
#include <cmath>

#include "mmlcore/core/careful_length.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/lane_algebra.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

template <class V>
struct Reflection {
  V beta, head, scale;
};

// x0: the first entry of x, whose length is `norm`.
template <class V>
inline __attribute__((always_inline)) Reflection<V> reflection(V x0, V norm) {
  const V beta = x0 < 0 ? norm : -norm, head = x0 - beta;
  return {beta, head, 1 / (-beta * head)};
}

// x = (x0, tail[0], ..., tail[n - 1]): x0 becomes beta, v receives v_1 ... v_n (it may be the tail itself). Returns tau, 0
// where the tail is zero already.
template <Real T>
T reflector(T& x0, const T* tail, index_t n, T* v) {
  T squares = dot(tail, tail, n);
  int power = 0;
  if (!comfortable(squares) || !comfortable(x0 * x0 + squares)) {
    T top = 0;
    for (index_t i = 0; i < n; ++i) top = std::max(top, std::abs(tail[i]));
    if (top == 0) {
      std::fill(v, v + n, T{0});
      return 0;
    }
    power = std::ilogb(std::max(top, std::abs(x0))) + 1;
    for (index_t i = 0; i < n; ++i) v[i] = std::ldexp(tail[i], -power);
    x0 = std::ldexp(x0, -power);
    squares = dot(v, v, n);
    tail = v;
  }
  const Reflection<T> h = reflection(x0, std::sqrt(x0 * x0 + squares));
  for (index_t i = 0; i < n; ++i) v[i] = tail[i] / h.head;
  x0 = std::ldexp(h.beta, power);
  return -h.head / h.beta;
}

// x -= tau v (v'x), for contiguous vectors.
template <Real T>
inline void reflect(T tau, const T* v, T* x, index_t n) {
  axpy(-tau * dot(v, x, n), v, x, n);
}

}  // namespace mmlcore
