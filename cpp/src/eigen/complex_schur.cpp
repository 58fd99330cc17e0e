#include "mmlcore/eigen/complex_schur.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/eigen/split_rows.hpp"

namespace mmlcore {
namespace {

using Entry = std::complex<double>;

double size_of(Entry x) { return std::abs(x.real()) + std::abs(x.imag()); }

struct Rotation {
  double c;
  Entry s;
};

// G (f, g) = (r, 0) with c = |f| / |(f, g)| and s = f / |f| conj(g) / |(f, g)|: one root and one division.
Rotation rotation(Entry f, Entry g, Entry& r) {
  const double ff = std::norm(f), gg = std::norm(g), both = ff + gg, product = ff * both;
  if (product > 1e-280 && both < 1e150) {
    const double inverse = 1 / std::sqrt(product);
    r = f * (both * inverse);
    return {ff * inverse, times(f, std::conj(g)) * inverse};
  }
  const double own = std::abs(f), length = std::hypot(own, std::abs(g));
  if (!(length > 0)) return r = f, Rotation{1, 0};
  const Entry phase = phase_of(f, own);
  r = phase * length;
  return {own / length, times(phase, std::conj(g) / length)};
}

class SchurForm {
 public:
  using S = Simd<double>;
  using Vec = S::Vec;
  using Mask = S::Mask;
  using Row = SplitRow<double>;
  using Part = SplitVec<double>;
  static constexpr index_t W = S::width;

  SchurForm(index_t n, PaddedRows<double> h, PaddedRows<double> z)
      : n_(n), padded_(whole_vectors<double>(n)), h_(h), z_(z), turns_(3 * n), panel_(2 * padded_ + 2) {}

  bool run() {
    index_t last = n_ - 1;
    int steps = 0;
    for (index_t budget = 30 * std::max<index_t>(n_, 10); last > 0;) {
      const index_t first = window(last);
      if (first == last) {
        --last;
        steps = 0;
        continue;
      }
      if (--budget < 0) return false;
      step(first, last, shift(first, last, ++steps));
    }
    return true;
  }

 private:
  Row row(index_t i) const { return split_row(h_, i); }
  Entry at(index_t i, index_t j) const { return row(i)[j]; }
  double* cosines() const { return turns_.data(); }
  double* reals() const { return turns_.data() + n_; }
  double* imags() const { return turns_.data() + 2 * n_; }

  // Where the window that ends with row `last` begins: behind the last number beside the diagonal that is zero to rounding.
  index_t window(index_t last) const {
    constexpr double unit = std::numeric_limits<double>::epsilon(), least = 1e-140;
    double own = size_of(at(last, last));
    for (index_t k = last; k > 0; --k) {
      const double before = size_of(at(k - 1, k - 1));
      if (size_of(at(k, k - 1)) <= std::max(unit * (own + before), least)) {
        row(k).put(k - 1, 0);
        return k;
      }
      own = before;
    }
    return 0;
  }

  Entry shift(index_t first, index_t last, int steps) const {
    const Entry d = at(last, last), below = at(last, last - 1);
    if (steps % 10 == 0) {  // a cycle
      return d + 0.75 * (size_of(below) + (last - 1 > first ? size_of(at(last - 1, last - 2)) : 0.0));
    }
    const Entry bc = times(at(last - 1, last), below), p = 0.5 * (at(last - 1, last - 1) - d);
    Entry root = std::sqrt(times(p, p) + bc);
    if (p.real() * root.real() + p.imag() * root.imag() < 0) root = -root;
    const Entry sum = p + root;
    return size_of(sum) > 0 ? d - bc / sum : d;
  }

  void step(index_t first, index_t last, Entry shift) {
    const index_t seen = whole_vectors<double>(last + 1);
    for (index_t k = first; k < last; ++k) {
      Rotation g;
      Entry kept;
      if (k == first) {
        g = rotation(at(k, k) - shift, at(k + 1, k), kept);
      } else {
        g = rotation(at(k, k - 1), at(k + 1, k - 1), kept);
        row(k).put(k - 1, kept);
        row(k + 1).put(k - 1, 0);
      }
      cosines()[k] = g.c;
      reals()[k] = g.s.real();
      imags()[k] = g.s.imag();
      turn_rows(k, seen, g);
      turn_ends(k + 1, k, g);
      if (k + 2 <= last) turn_ends(k + 2, k, g);
    }
    for (index_t i = z_.data ? 0 : first / W * W; i < last; i += W) turn_panel(i, first, last);
    if (!z_.data) return;
    turn_strip<false>(h_, first, last, seen, padded_);
    turn_strip<true>(z_, first, last, 0, padded_);
  }

  // Rows k and k + 1 from column k on.
  void turn_rows(index_t k, index_t seen, const Rotation& g) const {
    const Row upper = row(k), lower = row(k + 1);
    const index_t head = k / W * W;
    const Part s = Part::splat(g.s);
    const auto turned = [&](index_t c, Part& x, Part& y) {
      x = Part::load(upper, c);
      y = Part::load(lower, c);
      turn(g.c, s, x, y);
    };
    Part x, y;
    turned(head, x, y);
    const Mask inside = lane_numbers<double>() >= static_cast<S::Int>(k - head);
    const Part above = Part::load(upper, head), below = Part::load(lower, head);
    Part{inside ? x.re : above.re, inside ? x.im : above.im}.store(upper, head);
    Part{inside ? y.re : below.re, inside ? y.im : below.im}.store(lower, head);
    for (index_t c = head + W; c < seen; c += W) {
      turned(c, x, y);
      x.store(upper, c);
      y.store(lower, c);
    }
  }

  // x, y <- c x + s y, c y - conj(s) x
  template <class C>
  [[gnu::always_inline]] static void turn(C c, Part s, Part& x, Part& y) {
    const Part old = x;
    x.re = (c * old.re + s.re * y.re) - s.im * y.im;
    x.im = (c * old.im + s.re * y.im) + s.im * y.re;
    y.re = (c * y.re - s.re * old.re) - s.im * old.im;
    y.im = (c * y.im - s.re * old.im) + s.im * old.re;
  }

  // Columns k and k + 1 of row i.
  void turn_ends(index_t i, index_t k, const Rotation& g) const {
    const Row own = row(i);
    const Entry x = own[k], y = own[k + 1];
    own.put(k, g.c * x + times(std::conj(g.s), y));
    own.put(k + 1, g.c * y - times(g.s, x));
  }

  // Rows first ... last of x, columns from `begin` on, by all rotations of a step; conjugate ones for the rows of Z'.
  template <bool Conjugate>
  void turn_strip(PaddedRows<double> x, index_t first, index_t last, index_t begin, index_t end) const {
    index_t c = begin;
    for (; c + 2 * W <= end; c += 2 * W) stream<Conjugate, 2>(x, first, last, c);
    if (c < end) stream<Conjugate, 1>(x, first, last, c);
  }

  template <bool Conjugate, int N>
  [[gnu::always_inline]] void stream(PaddedRows<double> rows, index_t first, index_t last, index_t c) const {
    Part x[N];
#pragma GCC unroll 2
    for (int n = 0; n < N; ++n) x[n] = Part::load(split_row(rows, first), c + n * W);
    for (index_t k = first; k < last; ++k) {
      const Row upper = split_row(rows, k), lower = split_row(rows, k + 1);
      const Part s = coefficient<Conjugate>(k);
      const Vec cosine = S::splat(cosines()[k]);
#pragma GCC unroll 2
      for (int n = 0; n < N; ++n) {
        Part y = Part::load(lower, c + n * W);
        turn(cosine, s, x[n], y);
        x[n].store(upper, c + n * W);
        x[n] = y;
      }
    }
#pragma GCC unroll 2
    for (int n = 0; n < N; ++n) x[n].store(split_row(rows, last), c + n * W);
  }

  template <bool Conjugate>
  [[gnu::always_inline]] Part coefficient(index_t k) const {
    return {S::splat(reals()[k]), S::splat(Conjugate ? -imags()[k] : imags()[k])};
  }

  // Rows i ... of h by the rotations of columns: of row r those of k >= r, as the ones before have been done.
  void turn_panel(index_t i, index_t first, index_t last) const {
    const index_t begin = std::max(first, i), head = begin / W * W, end = whole_vectors<double>(last + 1);
    for (index_t c = head; c < end; c += W) load_columns(i, c);
    Part x = column(begin);
    index_t k = begin;
    for (; k < std::min(last, i + W - 1); ++k) {
      const Mask here = lane_numbers<double>() <= static_cast<S::Int>(k - i);
      Part s = coefficient<true>(k), y = column(k + 1);
      s = {here ? s.re : Vec{}, here ? s.im : Vec{}};
      turn(here ? S::splat(cosines()[k]) : S::splat(1), s, x, y);
      column(k) = x;
      x = y;
    }
    for (; k < last; ++k) {
      Part y = column(k + 1);
      turn(S::splat(cosines()[k]), coefficient<true>(k), x, y);
      column(k) = x;
      x = y;
    }
    column(last) = x;
    for (index_t c = head; c < end; c += W) store_columns(i, c);
  }

  Part& column(index_t c) const { return panel_[c]; }

  void load_columns(index_t i, index_t c) const {
    Vec re[W], im[W];
#pragma GCC unroll 8
    for (int t = 0; t < W; ++t) {
      re[t] = S::load(row(i + t).re + c);
      im[t] = S::load(row(i + t).im + c);
    }
    transpose<double>(re);
    transpose<double>(im);
#pragma GCC unroll 8
    for (int t = 0; t < W; ++t) column(c + t) = {re[t], im[t]};
  }

  void store_columns(index_t i, index_t c) const {
    Vec re[W], im[W];
#pragma GCC unroll 8
    for (int t = 0; t < W; ++t) {
      re[t] = column(c + t).re;
      im[t] = column(c + t).im;
    }
    transpose<double>(re);
    transpose<double>(im);
#pragma GCC unroll 8
    for (int t = 0; t < W; ++t) Part{re[t], im[t]}.store(row(i + t), c);
  }

  const index_t n_, padded_;
  const PaddedRows<double> h_, z_;
  Buffer<double> turns_;
  Buffer<Part> panel_;
};

}  // namespace

bool complex_schur(index_t n, PaddedRows<double> h, PaddedRows<double> z) { return SchurForm(n, h, z).run(); }

}  // namespace mmlcore
