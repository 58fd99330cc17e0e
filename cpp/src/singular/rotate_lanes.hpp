// Jacobi's rotations (jacobi_svd.hpp) of many matrices at a time, one a lane: columns are arrays of V, a vector or a twin of
// them (core/twin_lanes.hpp), and what belongs to a column, its square or a cosine, is one V as well.
//
// Of two columns with squares a and b and the inner product g, the rotation has
//
//   d = a - b,  h = 2 g,  r = sqrt(d^2 + h^2),  w = r + |d|,  (c, s) = (w, |h|) / sqrt(w^2 + h^2),
//
// so that two reciprocal roots, by their estimates and Newton's steps, are all that it waits for. Where a < b the columns
// change places as they turn: the longest comes first. Squares that vanish beside 1 are brought near 1 for that by a power
// of two, so that pairs of very short columns become orthogonal too.
#pragma once

#include <limits>

#include "mmlcore/core/twin_lanes.hpp"

namespace mmlcore {

// `count` columns of `length` entries of all matrices.
template <class V>
struct LaneColumns {
  V* data;
  index_t count, length;

  [[gnu::always_inline]] V* operator[](index_t j) const { return data + j * length; }

  // In two chains.
  [[gnu::always_inline]] V dot(index_t i, index_t j, index_t first = 0) const {
    const V *x = (*this)[i], *y = (*this)[j];
    V even{}, odd{};
    index_t e = first;
    for (; e + 1 < length; e += 2) {
      even += x[e] * y[e];
      odd += x[e + 1] * y[e + 1];
    }
    if (e < length) even += x[e] * y[e];
    return even + odd;
  }

  [[gnu::always_inline]] void subtract(V factor, index_t from, index_t to, index_t first) const {
    const V* x = (*this)[from];
    V* y = (*this)[to];
    for (index_t e = first; e < length; ++e) y[e] -= factor * x[e];
  }

  [[gnu::always_inline]] void exchange(typename LaneTraits<V>::Mask which, index_t i, index_t j) const {
    V *x = (*this)[i], *y = (*this)[j];
    for (index_t e = 0; e < length; ++e) {
      const V old = x[e];
      x[e] = lane::choose(which, y[e], x[e]);
      y[e] = lane::choose(which, old, y[e]);
    }
  }

  // x <- c x + s y, y <- c y - s x.
  [[gnu::always_inline]] void turn(index_t i, index_t j, V c, V s) const {
    V *x = (*this)[i], *y = (*this)[j];
    for (index_t e = 0; e < length; ++e) {
      const V old = x[e];
      x[e] = c * old + s * y[e];
      y[e] = c * y[e] - s * old;
    }
  }
};

// Makes the columns orthogonal, the longest first; turns those of `along` with them, if given. squares: what comes out as
// their squares. Lengths below `least` times 1, the size of the largest entry, count as zero. Returns the lanes where some
// pairs are not orthogonal yet. `n` is the number of columns, a constant or not.
template <class V, class Order>
[[gnu::always_inline]] inline typename LaneTraits<V>::Mask rotate_lanes(Order n, const LaneColumns<V>& x,
                                                                        const LaneColumns<V>* along, V* squares,
                                                                        double least) {
  using Mask = typename LaneTraits<V>::Mask;
  constexpr int sweeps = 30;  // three to four times what is needed
  const double unit = std::numeric_limits<double>::epsilon() * (n < 4 ? 4.0 : static_cast<double>(n)) / 2;
  const double limit = unit * unit, least_square = least * least;
  const V one = lane::constant<V>(1);
  Mask left{};
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    for (index_t j = 0; j < n; ++j) squares[j] = x.dot(j, j);
    left = Mask{};
    for (index_t p = 0; p + 1 < n; ++p) {
      for (index_t q = p + 1; q < n; ++q) {
        V g = x.dot(p, q), a = squares[p], b = squares[q], far = one;
        const Mask alive = (a > least_square) & (b > least_square);
        if (const Mask tiny = alive & (a + b < 1e-100); lane::any(tiny)) [[unlikely]] {
          far = lane::choose(tiny, lane::inverse_power(a + b), one);
          g *= far;
          a *= far;
          b *= far;
        }
        const Mask apart = alive & (g * g > limit * a * b), swapped = (apart & (b > a)) | (b * (1 - 1e-14) > a);
        if (!lane::any(apart | swapped)) continue;
        left |= apart;
        const V h = lane::choose(apart, g + g, V{}), d = a - b;
        const V square = lane::choose(apart, d * d + h * h, one),
                reach = lane::size(d) + square * lane::inverse_root(square);
        const V w = lane::choose(apart, reach, one), scale = lane::inverse_root(w * w + h * h);
        const V cosine = w * scale, sine = lane::size(h) * scale, sign = lane::choose(h < 0.0, -one, one);
        const V c = lane::choose(swapped, sine, cosine), s = lane::choose(swapped, cosine, sine) * sign;
        x.turn(p, q, c, s);
        if (along) along->turn(p, q, c, s);
        // The larger square grows by what the smaller one loses, t |g|.
        V gain = 0.5 * h * h * lane::inverse(w);
        if (lane::any(far != one)) [[unlikely]]
          gain = gain / far;
        a = squares[p];
        b = squares[q];
        squares[p] = lane::choose(swapped, b, a) + gain;
        squares[q] = lane::choose(swapped, a, b) - gain;
      }
    }
    if (!lane::any(left)) break;
  }
  for (index_t j = 0; j < n; ++j) squares[j] = x.dot(j, j);
  return left;
}

// Descending to the last digit: rotate_lanes leaves ties as they are. Columns of x and `along`, if given, go with the
// values.
template <class V>
inline void sort_lanes(index_t n, V* values, const LaneColumns<V>* x = nullptr, const LaneColumns<V>* along = nullptr) {
  for (index_t last = 1; last < n; ++last) {
    for (index_t j = last; j > 0; --j) {
      const auto more = values[j] > values[j - 1];
      if (!lane::any(more)) break;
      const V old = values[j];
      values[j] = lane::choose(more, values[j - 1], old);
      values[j - 1] = lane::choose(more, old, values[j - 1]);
      if (x) x->exchange(more, j, j - 1);
      if (along) along->exchange(more, j, j - 1);
    }
  }
}

// What triangularize_lanes did: vectors of its reflections have these heads in place of the diagonal of R, and column j of
// A P was column order[j] of A.
template <class V, int Most>
struct LaneReflections {
  V head[Most], scale[Most], order[Most];
};

// A P = Q R as in pivoted_qr.hpp; `others` are multiplied by Q'. R stands in the first n entries of the columns, the vectors
// of the reflections below its diagonal.
template <class V, class Order, int Most>
[[gnu::always_inline]] inline void triangularize_lanes(Order n, const LaneColumns<V>& x, const LaneColumns<V>* others,
                                                       LaneReflections<V, Most>& told) {
  using Mask = typename LaneTraits<V>::Mask;
  const index_t m = x.length;
  const V one = lane::constant<V>(1);
  for (index_t k = 0; k < n; ++k) told.order[k] = lane::constant<V>(static_cast<double>(k));
  for (index_t k = 0; k < n; ++k) {
    told.head[k] = told.scale[k] = V{};
    if (k + 1 >= m) return;
    V best = x.dot(k, k, k);
    for (index_t j = k + 1; j < n; ++j) {
      const V other = x.dot(j, j, k);
      const Mask longer = other > best;
      if (!lane::any(longer)) continue;
      best = lane::choose(longer, other, best);
      x.exchange(longer, k, j);
      const V old = told.order[k];
      told.order[k] = lane::choose(longer, told.order[j], old);
      told.order[j] = lane::choose(longer, old, told.order[j]);
    }
    const Mask there = best > 1e-280;  // squares of less have lost digits
    const V top = x[k][k], beta = -lane::with_sign(lane::root(best), top), head = top - beta;
    const V square = lane::choose(there, -beta * head, one);
    x[k][k] = told.head[k] = lane::choose(there, head, V{});
    told.scale[k] = lane::choose(there, lane::inverse(square), V{});
    const auto reflect = [&](const LaneColumns<V>& y, index_t j) __attribute__((always_inline)) {
      V sum{};
      for (index_t e = k; e < m; ++e) sum += x[k][e] * y[j][e];
      sum *= told.scale[k];
      for (index_t e = k; e < m; ++e) y[j][e] -= sum * x[k][e];
    };
    for (index_t j = k + 1; j < n; ++j) reflect(x, j);
    for (index_t j = 0; others && j < others->count; ++j) reflect(*others, j);
    x[k][k] = lane::choose(there, beta, V{});
  }
}

// y <- Q y.
template <class V, class Order, int Most>
[[gnu::always_inline]] inline void apply_reflections(Order n, const LaneColumns<V>& x, const LaneReflections<V, Most>& told,
                                                     const LaneColumns<V>& y) {
  for (index_t k = n; k-- > 0;) {
    const V *const v = x[k], head = told.head[k], scale = told.scale[k];
    for (index_t j = 0; j < y.count; ++j) {
      V* const to = y[j];
      V sum = head * to[k];
      for (index_t e = k + 1; e < x.length; ++e) sum += v[e] * to[e];
      sum *= scale;
      to[k] -= sum * head;
      for (index_t e = k + 1; e < x.length; ++e) to[e] -= sum * v[e];
    }
  }
}

}  // namespace mmlcore
