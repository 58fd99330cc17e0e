#include "mmlcore/eigen/complex_schur.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/interrupt.hpp"
#include "mmlcore/eigen/split_rows.hpp"

namespace mmlcore {
namespace {

// Sizes whose squares, and the squares of those, stay in the range.
template <class T>
inline constexpr T kMost = sizeof(T) == 8 ? T(1e75) : T(1e9);

template <class T>
T size_of(std::complex<T> x) {
  return std::abs(x.real()) + std::abs(x.imag());
}

template <class T>
struct Rotation {
  T c;
  std::complex<T> s;
};

// G (f, g) = (r, 0) with c = |f| / |(f, g)| and s = f / |f| conj(g) / |(f, g)|: one root and one division.
template <class T>
Rotation<T> rotation(std::complex<T> f, std::complex<T> g, std::complex<T>& r) {
  const T ff = std::norm(f), gg = std::norm(g), both = ff + gg, product = ff * both;
  if (product > kNothing<T> && both < kMost<T> * kMost<T>) {
    const T inverse = 1 / std::sqrt(product);
    r = f * (both * inverse);
    return {ff * inverse, times(f, std::conj(g)) * inverse};
  }
  const T own = std::abs(f), length = std::hypot(own, std::abs(g));
  if (!(length > 0)) return r = f, Rotation<T>{1, 0};
  const std::complex<T> phase = phase_of(f, own);
  r = phase * length;
  return {own / length, times(phase, std::conj(g) / length)};
}

template <class T>
class SchurForm {
 public:
  using S = Simd<T>;
  using Vec = typename S::Vec;
  using Mask = typename S::Mask;
  using Int = typename S::Int;
  using Entry = std::complex<T>;
  using Turn = Rotation<T>;
  using Row = SplitRow<T>;
  using Part = SplitVec<T>;
  static constexpr index_t W = S::width;

  SchurForm(index_t n, PaddedRows<T> h, PaddedRows<T> z)
      : n_(n), padded_(whole_vectors<T>(n)), h_(h), z_(z), turns_(3 * n), panel_(2 * padded_ + 2) {}

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
      if (n_ >= kPolledOrder) poll_interrupt();
      step(first, last, shift(first, last, ++steps));
    }
    return true;
  }

 private:
  Row row(index_t i) const { return split_row(h_, i); }
  Entry at(index_t i, index_t j) const { return row(i)[j]; }
  T* cosines() const { return turns_.data(); }
  T* reals() const { return turns_.data() + n_; }
  T* imags() const { return turns_.data() + 2 * n_; }

  // Where the window that ends with row `last` begins: behind the last number beside the diagonal that is zero to rounding.
  index_t window(index_t last) const {
    constexpr T unit = std::numeric_limits<T>::epsilon(), least = T{1} / (kMost<T> * kMost<T>);
    T own = size_of(at(last, last));
    for (index_t k = last; k > 0; --k) {
      const T before = size_of(at(k - 1, k - 1));
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
      return d + T{0.75} * (size_of(below) + (last - 1 > first ? size_of(at(last - 1, last - 2)) : T{0}));
    }
    const Entry bc = times(at(last - 1, last), below), p = T{0.5} * (at(last - 1, last - 1) - d);
    Entry root = std::sqrt(times(p, p) + bc);
    if (p.real() * root.real() + p.imag() * root.imag() < 0) root = -root;
    const Entry sum = p + root;
    return size_of(sum) > 0 ? d - bc / sum : d;
  }

  void step(index_t first, index_t last, Entry shift) {
    const index_t seen = whole_vectors<T>(last + 1);
    for (index_t k = first; k < last; ++k) {
      Turn g;
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
  void turn_rows(index_t k, index_t seen, const Turn& g) const {
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
    const Mask inside = lane_numbers<T>() >= static_cast<Int>(k - head);
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
  void turn_ends(index_t i, index_t k, const Turn& g) const {
    const Row own = row(i);
    const Entry x = own[k], y = own[k + 1];
    own.put(k, g.c * x + times(std::conj(g.s), y));
    own.put(k + 1, g.c * y - times(g.s, x));
  }

  // Rows first ... last of x, columns from `begin` on, by all rotations of a step; conjugate ones for the rows of Z'.
  template <bool Conjugate>
  void turn_strip(PaddedRows<T> x, index_t first, index_t last, index_t begin, index_t end) const {
    index_t c = begin;
    for (; c + 2 * W <= end; c += 2 * W) stream<Conjugate, 2>(x, first, last, c);
    if (c < end) stream<Conjugate, 1>(x, first, last, c);
  }

  template <bool Conjugate, int N>
  [[gnu::always_inline]] void stream(PaddedRows<T> rows, index_t first, index_t last, index_t c) const {
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
    const index_t begin = std::max(first, i), head = begin / W * W, end = whole_vectors<T>(last + 1);
    for (index_t c = head; c < end; c += W) load_columns(i, c);
    Part x = column(begin);
    index_t k = begin;
    for (; k < std::min(last, i + W - 1); ++k) {
      const Mask here = lane_numbers<T>() <= static_cast<Int>(k - i);
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

  // Part by part: the square of one fills half of the registers.
  void load_columns(index_t i, index_t c) const {
    const auto turn = [&](T* SplitRow<T>::*from, Vec Part::*to) {
      Vec tile[W];
#pragma GCC unroll 16
      for (int t = 0; t < W; ++t) tile[t] = S::load(row(i + t).*from + c);
      transpose<T>(tile);
#pragma GCC unroll 16
      for (int t = 0; t < W; ++t) column(c + t).*to = tile[t];
    };
    turn(&SplitRow<T>::re, &Part::re);
    turn(&SplitRow<T>::im, &Part::im);
  }

  void store_columns(index_t i, index_t c) const {
    const auto turn = [&](Vec Part::*from, T* SplitRow<T>::*to) {
      Vec tile[W];
#pragma GCC unroll 16
      for (int t = 0; t < W; ++t) tile[t] = column(c + t).*from;
      transpose<T>(tile);
#pragma GCC unroll 16
      for (int t = 0; t < W; ++t) S::store(row(i + t).*to + c, tile[t]);
    };
    turn(&Part::re, &SplitRow<T>::re);
    turn(&Part::im, &SplitRow<T>::im);
  }

  const index_t n_, padded_;
  const PaddedRows<T> h_, z_;
  Buffer<T> turns_;
  Buffer<Part> panel_;
};

}  // namespace

template <class T>
bool complex_schur(index_t n, PaddedRows<T> h, PaddedRows<T> z) {
  return SchurForm<T>(n, h, z).run();
}

template bool complex_schur<float>(index_t, PaddedRows<float>, PaddedRows<float>);
template bool complex_schur<double>(index_t, PaddedRows<double>, PaddedRows<double>);

}  // namespace mmlcore
