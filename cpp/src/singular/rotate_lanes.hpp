// Jacobi's rotations (jacobi_svd.hpp) of W matrices at a time, one a lane: columns are arrays of vectors, and what belongs
// to a column, its square or a cosine, is a vector as well.
#pragma once

#include <limits>

#include "mmlcore/core/lane_algebra.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/orthogonal/reflector.hpp"

namespace mmlcore {

// `count` columns of `length` entries of W matrices.
struct LaneColumns {
  using Lanes = Simd<double>;
  using Vec = Lanes::Vec;

  Vec* data;
  index_t count, length;

  Vec* operator[](index_t j) const { return data + j * length; }

  Vec dot(index_t i, index_t j, index_t first = 0) const {
    const Vec *x = (*this)[i], *y = (*this)[j];
    Vec even{}, odd{};
    index_t e = first;
    for (; e + 1 < length; e += 2) {
      even += x[e] * y[e];
      odd += x[e + 1] * y[e + 1];
    }
    if (e < length) even += x[e] * y[e];
    return even + odd;
  }

  void subtract(Vec factor, index_t from, index_t to, index_t first) const {
    const Vec* x = (*this)[from];
    Vec* y = (*this)[to];
    for (index_t e = first; e < length; ++e) y[e] -= factor * x[e];
  }

  void exchange(Lanes::Mask which, index_t i, index_t j) const {
    Vec *x = (*this)[i], *y = (*this)[j];
    for (index_t e = 0; e < length; ++e) {
      const Vec old = x[e];
      x[e] = which ? y[e] : x[e];
      y[e] = which ? old : y[e];
    }
  }

  // x <- a x + b y, y <- f x + g y.
  void turn(index_t i, index_t j, Vec a, Vec b, Vec f, Vec g) const {
    Vec *x = (*this)[i], *y = (*this)[j];
    for (index_t e = 0; e < length; ++e) {
      const Vec old = x[e];
      x[e] = a * old + b * y[e];
      y[e] = f * old + g * y[e];
    }
  }
};

// Makes the columns orthogonal, the longest first; turns those of `along` with them, if given. squares: what comes out as
// their squares. Lengths below `least` times 1, the size of the largest entry, count as zero. Returns the lanes where some
// pairs are not orthogonal yet.
inline Simd<double>::Mask rotate_lanes(const LaneColumns& x, const LaneColumns* along, Simd<double>::Vec* squares,
                                       double least) {
  using Vec = Simd<double>::Vec;
  constexpr int sweeps = 30;  // three to four times what is needed
  const index_t n = x.count;
  const double limit = std::numeric_limits<double>::epsilon() * (n < 4 ? 4.0 : static_cast<double>(n)) / 2;
  Simd<double>::Mask left{};
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    for (index_t j = 0; j < n; ++j) squares[j] = x.dot(j, j);
    left = Simd<double>::Mask{};
    for (index_t p = 0; p + 1 < n; ++p) {
      for (index_t q = p + 1; q < n; ++q) {
        const Vec g = x.dot(p, q), a = squares[p], b = squares[q];
        const auto apart = (g * g > limit * limit * a * b) & (a > least * least) & (b > least * least);
        const auto swapped = b > a;
        if (!Simd<double>::any(apart | swapped)) continue;
        left |= apart;
        const Vec gap = b - a, twice = apart ? g + g : Vec{}, size = square_root<Vec>(gap * gap + twice * twice);
        const Vec whole = (gap < 0 ? -gap : gap) + size;
        const Vec tangent = (gap < 0 ? -twice : twice) / whole, t = apart ? tangent : Vec{};
        const Vec c = 1 / square_root<Vec>(t * t + 1), s = t * c;
        const Vec xx = swapped ? s : c, xy = swapped ? c : -s, yx = swapped ? c : s, yy = swapped ? -s : c;
        x.turn(p, q, xx, xy, yx, yy);
        if (along) along->turn(p, q, xx, xy, yx, yy);
        const Vec low = a - t * g, high = b + t * g;  // those of the columns before they change places
        squares[p] = swapped ? high : low;
        squares[q] = swapped ? low : high;
      }
    }
    if (!Simd<double>::any(left)) break;
  }
  for (index_t j = 0; j < n; ++j) squares[j] = x.dot(j, j);
  return left;
}

// A P = Q R as in pivoted_qr.hpp. R stands in the first n entries of the columns; what lies below its diagonal is not zero.
inline void triangularize_lanes(const LaneColumns& x) {
  using Vec = Simd<double>::Vec;
  const index_t n = x.count, m = x.length;
  for (index_t k = 0; k < n && k + 1 < m; ++k) {
    Vec best = x.dot(k, k, k);
    for (index_t j = k + 1; j < n; ++j) {
      const Vec other = x.dot(j, j, k);
      const auto longer = other > best;
      if (!Simd<double>::any(longer)) continue;
      best = longer ? other : best;
      x.exchange(longer, k, j);
    }
    const auto there = best > 0;
    const Reflection<Vec> h = reflection<Vec>(x[k][k], square_root(best));
    x[k][k] = there ? h.head : Vec{};
    const Vec scale = there ? h.scale : Vec{};
    for (index_t j = k + 1; j < n; ++j) x.subtract(scale * x.dot(k, j, k), k, j, k);
    x[k][k] = there ? h.beta : Vec{};
  }
}

}  // namespace mmlcore
