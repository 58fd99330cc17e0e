// The steps of small_values.hpp, written once for one matrix and for a stack in lanes. Private to small_values.cpp.
//
// A column is an array of vectors. Of one matrix (AlongColumn) these are W entries each, and what belongs to a column, its
// square or a cosine, is a number; in a stack (AcrossLanes) they are one entry of W matrices, and it is a vector as well.
#pragma once

#include <cmath>
#include <limits>
#include <type_traits>

#include "mmlcore/core/lane_algebra.hpp"
#include "mmlcore/core/simd.hpp"

namespace mmlcore {

using Lanes = Simd<double>;

struct AlongColumn {
  using Number = double;
  static constexpr index_t step = Lanes::width;  // entries of a vector
  static Number total(Lanes::Vec x) { return Lanes::sum(x); }
  static bool any(bool mask) { return mask; }
};

struct AcrossLanes {
  using Number = Lanes::Vec;
  static constexpr index_t step = 1;
  static Number total(Lanes::Vec x) { return x; }
  static bool any(Lanes::Mask mask) { return Lanes::any(mask); }
};

template <class Layout>
class Columns {
 public:
  using Vec = Lanes::Vec;
  using Number = typename Layout::Number;

  // `count` columns of `length` vectors each.
  Columns(Vec* data, index_t count, index_t length) : data_(data), count_(count), length_(length) {}

  Vec* operator[](index_t j) const { return data_ + j * length_; }
  index_t count() const { return count_; }
  index_t length() const { return length_; }

  // From entry `first` on, which may take in entries before it that share its vector.
  Number dot(index_t i, index_t j, index_t first = 0) const {
    const Vec *x = (*this)[i], *y = (*this)[j];
    Vec even{}, odd{};
    index_t e = first / Layout::step;
    for (; e + 1 < length_; e += 2) {
      even += x[e] * y[e];
      odd += x[e + 1] * y[e + 1];
    }
    if (e < length_) even += x[e] * y[e];
    return Layout::total(even + odd);
  }

  // Entry i of column j.
  Number& at(index_t i, index_t j) const {
    if constexpr (std::is_same_v<Number, Vec>) {
      return (*this)[j][i];
    } else {
      return reinterpret_cast<double*>((*this)[j])[i];
    }
  }

  void subtract(Number factor, index_t from, index_t to, index_t first) const {
    const Vec* x = (*this)[from];
    Vec* y = (*this)[to];
    for (index_t e = first / Layout::step; e < length_; ++e) y[e] -= factor * x[e];
  }

  template <class Mask>
  void exchange(Mask which, index_t i, index_t j) const {
    Vec *x = (*this)[i], *y = (*this)[j];
    for (index_t e = 0; e < length_; ++e) {
      const Vec old = x[e];
      x[e] = which ? y[e] : x[e];
      y[e] = which ? old : y[e];
    }
  }

  // x <- a x + b y, y <- f x + g y.
  void turn(index_t i, index_t j, Number a, Number b, Number f, Number g) const {
    Vec *x = (*this)[i], *y = (*this)[j];
    for (index_t e = 0; e < length_; ++e) {
      const Vec old = x[e];
      x[e] = a * old + b * y[e];
      y[e] = f * old + g * y[e];
    }
  }

 private:
  Vec* data_;
  index_t count_, length_;
};

// Makes the columns orthogonal, the longest first; turns those of `right` along, if given. squares: what comes out as their
// squares. Lengths below `least` times 1, the size of the largest entry, count as zero.
template <class Layout>
void rotate_columns(const Columns<Layout>& x, const Columns<Layout>* right, typename Layout::Number* squares, double least) {
  using Number = typename Layout::Number;
  constexpr int sweeps = 30;  // three to four times what is needed
  const index_t n = x.count();
  const double limit = std::numeric_limits<double>::epsilon() * (n < 4 ? 4.0 : static_cast<double>(n)) / 2;
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    for (index_t j = 0; j < n; ++j) squares[j] = x.dot(j, j);
    bool turned = false;
    for (index_t p = 0; p + 1 < n; ++p) {
      for (index_t q = p + 1; q < n; ++q) {
        const Number g = x.dot(p, q), a = squares[p], b = squares[q];
        const auto apart = (g * g > limit * limit * a * b) & (a > least * least) & (b > least * least);
        const auto swapped = b > a;
        if (!Layout::any(apart | swapped)) continue;
        turned |= Layout::any(apart);
        const Number gap = b - a, twice = apart ? g + g : Number{}, size = square_root<Number>(gap * gap + twice * twice);
        const Number whole = (gap < 0 ? -gap : gap) + size;
        Number t = (gap < 0 ? -twice : twice) / whole;
        t = apart ? t : Number{};
        const Number c = 1 / square_root<Number>(t * t + 1), s = t * c;
        x.turn(p, q, swapped ? s : c, swapped ? c : -s, swapped ? c : s, swapped ? -s : c);
        if (right) right->turn(p, q, swapped ? s : c, swapped ? c : -s, swapped ? c : s, swapped ? -s : c);
        const Number low = a - t * g, high = b + t * g;  // those of the columns before they change places
        squares[p] = swapped ? high : low;
        squares[q] = swapped ? low : high;
      }
    }
    if (!turned) break;
  }
  for (index_t j = 0; j < n; ++j) squares[j] = x.dot(j, j);
}

// A P = Q R by reflections with exchanges of columns, the longest of what is left first. R stands in the first n entries of
// the columns; what lies below its diagonal is not zero. n <= m, the number of entries. The columns of `along` change places
// like those of x.
template <class Layout>
void triangularize(const Columns<Layout>& x, index_t m, const Columns<Layout>* along = nullptr) {
  using Number = typename Layout::Number;
  using Vec = Lanes::Vec;
  const index_t n = x.count();
  for (index_t k = 0; k < n && k + 1 < m; ++k) {
    // What lies above in the vector that entry k shares must not count.
    Number above[Layout::step * kSmallSide];
    const index_t shared = k % Layout::step;
    for (index_t j = k; j < n; ++j) {
      for (index_t i = 0; i < shared; ++i) {
        above[j * Layout::step + i] = x.at(k - shared + i, j);
        x.at(k - shared + i, j) = Number{};
      }
    }
    Number best = x.dot(k, k, k);
    for (index_t j = k + 1; j < n; ++j) {
      const Number other = x.dot(j, j, k);
      const auto longer = other > best;
      if (!Layout::any(longer)) continue;
      best = longer ? other : best;
      for (index_t i = 0; i < shared; ++i) {
        Number &here = above[k * Layout::step + i], &there = above[j * Layout::step + i];
        const Number old = here;
        here = longer ? there : here;
        there = longer ? old : there;
      }
      x.exchange(longer, k, j);
      if (along) along->exchange(longer, k, j);
    }
    // H = I - v v' / (v_k |beta|), v = x - beta e_k.
    const Number head = x.at(k, k), size = square_root<Number>(best), beta = head < 0 ? size : -size;
    const auto there = best > 0;
    const Number tip = head - beta, inverse = there ? -1 / (there ? beta * tip : best + 1) : Number{};
    x.at(k, k) = there ? tip : Number{};
    for (index_t j = k + 1; j < n; ++j) x.subtract(inverse * x.dot(k, j, k), k, j, k);
    x.at(k, k) = beta;
    for (index_t j = k; j < n; ++j) {
      for (index_t i = 0; i < shared; ++i) x.at(k - shared + i, j) = above[j * Layout::step + i];
    }
  }
}

}  // namespace mmlcore
