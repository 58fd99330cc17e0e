// Singular values, with vectors or without, of n x n matrices in lanes by their bidiagonal form: from six columns on, where
// the sweeps of rotations (rotate_lanes.hpp) take longer.
//
//   U' A V = [d_0 e_0; d_1 e_1; ...; d_(n-1)]       by reflections from both sides,
//
// then steps of QR on B'B that never form it: a rotation from the right that the shift demands makes an entry below the
// diagonal, one from the left moves it above, and so on to the end (G. H. Golub, W. Kahan, "Calculating the singular values
// and pseudo-inverse of a matrix", SIAM J. Numer. Anal. 2, 1965; Golub and Van Loan, "Matrix computations", 2013, algorithm
// 8.6.2). Lanes have windows of their own, as in eigen/general_lanes.hpp.
//
// Errors are some units of the largest value: small ones of matrices with very short rows or columns lose the digits that
// rotations keep. Those are told by `graded`, and go the other way; for all others both ways are as good (a value's relative
// condition is at most 16 times what the lengths of rows or columns explain).
//
// Values alone of 8 and 16 columns take 0.64 and 0.38 of the time of rotations, with vectors 0.83 and 0.62.
#pragma once

#include <algorithm>

#include "rotate_lanes.hpp"

namespace mmlcore {

// Whether rows or columns of the columns of x differ in length more than sixteenfold, in any lane.
template <class V>
bool graded(const LaneColumns<V>& x, V* rows) {
  constexpr double apart = 256;
  const index_t n = x.count, m = x.length;
  V shortest{}, longest{};
  std::fill(rows, rows + m, V{});
  for (index_t j = 0; j < n; ++j) {
    V sum{};
    for (index_t i = 0; i < m; ++i) {
      const V square = x[j][i] * x[j][i];
      sum += square;
      rows[i] += square;
    }
    shortest = j == 0 ? sum : lane::choose(sum < shortest, sum, shortest);
    longest = j == 0 ? sum : lane::choose(sum > longest, sum, longest);
  }
  if (lane::any(shortest * apart <= longest)) return true;
  shortest = longest = rows[0];
  for (index_t i = 1; i < m; ++i) {
    shortest = lane::choose(rows[i] < shortest, rows[i], shortest);
    longest = lane::choose(rows[i] > longest, rows[i], longest);
  }
  return lane::any(shortest * apart <= longest);
}

template <class V>
class BidiagonalLanes {
  using Mask = typename LaneTraits<V>::Mask;

 public:
  // a: n x n, row by row, overwritten. left, right: columns that become the singular vectors, or null. work: 3 n.
  BidiagonalLanes(index_t n, V* a, const LaneColumns<V>* left, const LaneColumns<V>* right, V* values, V* work)
      : n_(n), a_(a), left_(left), right_(right), d_(values), e_(work), v_(work + n) {}

  // Values that are not negative, in no order yet. The lanes that did not end.
  Mask run() {
    reduce();
    const Mask unfinished = iterate();
    for (index_t k = 0; k < n_; ++k) {
      if (right_) {
        const V sign = lane::with_sign(one(), d_[k]);
        for (index_t i = 0; i < n_; ++i) (*right_)[k][i] *= sign;
      }
      d_[k] = lane::size(d_[k]);
    }
    return unfinished;
  }

 private:
  static V one() { return lane::constant<V>(1); }
  V& at(index_t i, index_t j) const { return a_[i * n_ + j]; }

  static void set_identity(const LaneColumns<V>& x) {
    for (index_t j = 0; j < x.count; ++j) {
      for (index_t i = 0; i < x.length; ++i) x[j][i] = lane::constant<V>(i == j ? 1 : 0);
    }
  }

  // As LaneSchur::reflect: x becomes what is returned.
  static V reflect(V x, V rest, V& factor, V& tau) {
    const V square = rest + x * x;
    const Mask active = (square > 1e-280) & (rest > 0.0);
    const V norm = -lane::with_sign(lane::root(square), x), d = x - norm;
    const V inverse = 1.0 / lane::choose(active, norm * d, one());
    tau = lane::choose(active, -d * d * inverse, V{});
    factor = lane::choose(active, norm * inverse, V{});
    return lane::choose(active, norm, x);
  }

  // Columns k ... of `x`, whose rows those of the transposed product are.
  void collect(const LaneColumns<V>* x, index_t k, V tau) const {
    if (!x) return;
    for (index_t i = 0; i < n_; ++i) {
      V sum = (*x)[k][i];
      for (index_t j = k + 1; j < n_; ++j) sum += v_[j] * (*x)[j][i];
      sum *= tau;
      (*x)[k][i] -= sum;
      for (index_t j = k + 1; j < n_; ++j) (*x)[j][i] -= sum * v_[j];
    }
  }

  void reduce() {
    if (left_) {
      set_identity(*left_);
      set_identity(*right_);
    }
    V factor, tau;
    for (index_t k = 0; k < n_; ++k) {
      V rest{};
      for (index_t i = k + 1; i < n_; ++i) rest += at(i, k) * at(i, k);
      d_[k] = reflect(at(k, k), rest, factor, tau);
      if (k + 1 == n_) break;
      for (index_t i = k + 1; i < n_; ++i) v_[i] = at(i, k) * factor;
      collect(left_, k, tau);
      for (index_t j = k + 1; j < n_; ++j) {
        V sum = at(k, j);
        for (index_t i = k + 1; i < n_; ++i) sum += v_[i] * at(i, j);
        sum *= tau;
        at(k, j) -= sum;
        for (index_t i = k + 1; i < n_; ++i) at(i, j) -= sum * v_[i];
      }
      rest = V{};
      for (index_t j = k + 2; j < n_; ++j) rest += at(k, j) * at(k, j);
      e_[k] = reflect(at(k, k + 1), rest, factor, tau);
      if (k + 2 == n_) continue;
      for (index_t j = k + 2; j < n_; ++j) v_[j] = at(k, j) * factor;
      collect(right_, k + 1, tau);
      for (index_t i = k + 1; i < n_; ++i) {
        V* const row = a_ + i * n_;
        V sum = row[k + 1];
        for (index_t j = k + 2; j < n_; ++j) sum += v_[j] * row[j];
        sum *= tau;
        row[k + 1] -= sum;
        for (index_t j = k + 2; j < n_; ++j) row[j] -= sum * v_[j];
      }
    }
    e_[n_ - 1] = V{};
  }

  // The rotation that takes (y, z) on (r, 0); identity where not active.
  static V rotation(V y, V z, V& c, V& s, Mask active) {
    const V square = y * y + z * z;
    active = active & (square > 1e-290);
    const V inverse = lane::inverse_root(lane::choose(active, square, one()));
    c = lane::choose(active, y * inverse, one());
    s = lane::choose(active, z * inverse, V{});
    return lane::choose(active, square * inverse, y);
  }

  Mask iterate() {
    const double unit = 2.3e-16;
    V size{};
    for (index_t k = 0; k < n_; ++k) {
      size = lane::choose(lane::size(d_[k]) > size, lane::size(d_[k]), size);
      size = lane::choose(lane::size(e_[k]) > size, lane::size(e_[k]), size);
    }
    const V tiny = 1e-16 * size;
    V hi = lane::constant<V>(static_cast<double>(n_ - 1));
    index_t high = n_ - 1;
    for (int step = 0; step < 40 * n_; ++step) {
      Mask begun{}, zero{};
      V lo{};
      for (index_t k = high; k >= 1; --k) {
        const double here = static_cast<double>(k);
        const V beside = unit * (lane::size(d_[k - 1]) + lane::size(d_[k])), above = lane::size(e_[k - 1]);
        const Mask small = (above <= beside) | (above <= 0.01 * tiny);
        e_[k - 1] = lane::choose(small, V{}, e_[k - 1]);
        const Mask split = small & ~begun & (hi >= here), last = hi == here;
        zero |= (lane::size(d_[k]) <= tiny) & ~begun & (hi >= here);
        hi = lane::choose(split & last, lane::constant<V>(here - 1), hi);
        lo = lane::choose(split & ~last, lane::constant<V>(here), lo);
        begun |= split & ~last;
      }
      zero |= (lane::size(d_[0]) <= tiny) & ~begun;
      hi = lane::choose(~begun & (hi < 0.5), lane::constant<V>(-1), hi);
      while (high >= 0 && !lane::any(hi == static_cast<double>(high))) --high;
      if (high < 1) return Mask{};
      index_t low = 0;
      while (!lane::any((lo == static_cast<double>(low)) & (hi > 0.0))) ++low;
      sweep(low, high, lo, hi, shift(high, lo, hi, zero));
    }
    return hi >= 1.0;
  }

  // The eigenvalue of the last two rows of B'B that is nearer to its last entry; none where a zero has to go first.
  V shift(index_t high, V lo, V hi, Mask zero) const {
    V d0{}, d1{}, e0{}, e1{};
    for (index_t k = high; k >= 1; --k) {
      const Mask last = hi == static_cast<double>(k);
      if (!lane::any(last)) continue;
      d1 = lane::choose(last, d_[k], d1);
      d0 = lane::choose(last, d_[k - 1], d0);
      e1 = lane::choose(last, e_[k - 1], e1);
      if (k > 1) e0 = lane::choose(last & (lo < static_cast<double>(k) - 1.5), e_[k - 2], e0);
    }
    const V a = d0 * d0 + e0 * e0, b = d0 * e1, c = d1 * d1 + e1 * e1, p = 0.5 * (a - c);
    const V span = p + lane::with_sign(lane::root(p * p + b * b), p);
    return lane::choose(zero, V{}, c - b * b / lane::choose(span == 0.0, one(), span));
  }

  void sweep(index_t low, index_t high, V lo, V hi, V shift) {
    V y{}, z{}, c, s;
    for (index_t k = low; k < high; ++k) {
      const double here = static_cast<double>(k);
      const Mask active = (lo <= here) & (hi > here), first = lo == here;
      if (lane::any(first)) {
        const V top = lane::choose(d_[k] == 0.0, one(), d_[k]);
        y = lane::choose(first, d_[k] - shift / top, y);
        z = lane::choose(first, e_[k], z);
      }
      V r = rotation(y, z, c, s, active);
      if (k > 0) e_[k - 1] = lane::choose(active & ~first, r, e_[k - 1]);
      if (right_) right_->turn(k, k + 1, c, s);
      y = c * d_[k] + s * e_[k];
      const V above = c * e_[k] - s * d_[k], below = c * d_[k + 1];
      z = s * d_[k + 1];
      r = rotation(y, z, c, s, active);
      if (left_) left_->turn(k, k + 1, c, s);
      d_[k] = lane::choose(active, r, d_[k]);
      y = c * above + s * below;
      d_[k + 1] = c * below - s * above;
      e_[k] = y;
      z = s * e_[k + 1];
      e_[k + 1] = c * e_[k + 1];
    }
  }

  index_t n_;
  V* a_;
  const LaneColumns<V>*left_, *right_;
  V *d_, *e_, *v_;
};

}  // namespace mmlcore
