#include "mmlcore/singular/complex_bidiagonal.hpp"

#include <algorithm>

#include "mmlcore/core/interrupt.hpp"
#include "mmlcore/eigen/split_rows.hpp"

namespace mmlcore {
namespace {

template <class T>
class BidiagonalReduction {
 public:
  using S = Simd<T>;
  using Vec = typename S::Vec;
  using Mask = typename S::Mask;
  using Entry = std::complex<T>;
  using Row = SplitRow<T>;
  using Part = SplitVec<T>;
  static constexpr int W = S::width;

  BidiagonalReduction(index_t m, index_t n, PaddedRows<T> a, const ComplexBidiagonal<T>& to, T* scratch)
      : m_(m), n_(n), tall_(whole_vectors<T>(m)), wide_(whole_vectors<T>(n)), a_(a), to_(to) {
    std::fill_n(scratch, complex_bidiagonal_scratch<T>(m, n), T{0});
    for (Row* row : {&y_, &p_}) {
      *row = {scratch, scratch + wide_};
      scratch += 2 * wide_;
    }
    q_ = {scratch, scratch + tall_};
  }

  void run() {
    Entry psi = 1;
    for (index_t k = n_ - 1; k >= 0; --k) {
      if (k >= kPolledOrder) poll_interrupt();
      const index_t rows = m_ - n_ + 1 + k;
      const Row u = split_row(to_.u, k), v = split_row(to_.v, k);
      Entry off;
      const T tau = to_.tau[k] = point_row(rows, u, take_column(k, rows, u), off);
      to_.diagonal[k] = std::abs(off);
      to_.psi[k] = psi;
      to_.phi[k] = times(phase_of(off, to_.diagonal[k]), psi);
      for (index_t c = 0; c < wide_; c += W) Part{}.store(v, c);
      to_.sigma[k] = 0;
      if (k == 0) return;
      from_left(k, rows, u);
      const T sigma = to_.sigma[k] = point_row(k, v, take_row(k, rows - 1, tau * u[rows - 1], v), off);
      to_.before[k - 1] = std::abs(off);
      psi = times(phase_of(off, to_.before[k - 1]), to_.phi[k]);  // row k holds conj(off)
      from_right(k, rows - 1, u, v, tau, sigma);
    }
  }

 private:
  // Column k of the first rows, once it has the update that waits; returns the squares.
  Vec take_column(index_t k, index_t rows, Row to) {
    for (index_t r = 0; r < rows; ++r) to.put(r, split_row(a_, r)[k]);
    for (index_t r = rows; r < tall_; ++r) to.put(r, 0);
    const Part p = Part::splat(waits_ ? p_[k] : Entry()), v = Part::splat(waits_ ? v_[k] : Entry());
    Vec squares{};
    each_before<T>(rows, [&](index_t c, Mask inside) {
      Part part = Part::load(to, c);
      if (waits_) {
        part.take_adjoint(Part::load(u_, c), p);
        part.take_adjoint(Part::load(q_, c), v);
      }
      part = {inside ? part.re : Vec{}, inside ? part.im : Vec{}};
      part.store(to, c);
      squares += part.squares();
    });
    return squares;
  }

  // The conjugate of row r before column k goes to `to`, once it is reflected from the left; returns the squares.
  Vec take_row(index_t k, index_t r, Entry by, Row to) const {
    const Row from = split_row(a_, r);
    const Part factor = Part::splat(std::conj(by));
    Vec squares{};
    each_before<T>(k, [&](index_t c, Mask inside) {
      const Part own = Part::load(from, c);
      Part part{own.re, -own.im};
      part.add({-factor.re, -factor.im}, Part::load(y_, c));  // a - by conj(y)
      part = {inside ? part.re : Vec{}, inside ? part.im : Vec{}};
      part.store(to, c);
      squares += part.squares();
    });
    return squares;
  }

  // y = A* u before column k, once the first rows have the update that waits.
  void from_left(index_t k, index_t rows, Row u) {
    each_before<T>(k, [&](index_t c, Mask) { Part{}.store(y_, c); });
    index_t r = 0;
    if (waits_) {
      for (; r + 2 <= rows; r += 2) update<2, true>(r, k, u);
      if (r < rows) update<1, true>(r, k, u);
    } else {
      for (; r + 2 <= rows; r += 2) update<2, false>(r, k, u);
      if (r < rows) update<1, false>(r, k, u);
    }
  }

  template <int R, bool Update>
  [[gnu::always_inline]] void update(index_t r, index_t k, Row u) const {
    Part left_u[R], left_q[R], left[R];
#pragma GCC unroll 2
    for (int t = 0; t < R; ++t) {
      if constexpr (Update) {
        left_u[t] = Part::splat(u_[r + t]);
        left_q[t] = Part::splat(q_[r + t]);
      }
      left[t] = Part::splat(u[r + t]);
    }
    for (index_t c = 0; c < k; c += W) {
      Part y = Part::load(y_, c), p, v;
      if constexpr (Update) {
        p = Part::load(p_, c);
        v = Part::load(v_, c);
      }
#pragma GCC unroll 2
      for (int t = 0; t < R; ++t) {
        const Row own = split_row(a_, r + t);
        Part a = Part::load(own, c);
        if constexpr (Update) {
          a.take_adjoint(left_u[t], p);
          a.take_adjoint(left_q[t], v);
          a.store(own, c);
        }
        y.add_adjoint(a, left[t]);
      }
      y.store(y_, c);
    }
  }

  // The update that waits from here on, for the first `rows` rows.
  void from_right(index_t k, index_t rows, Row u, Row v, T tau, T sigma) {
    Part sum;  // y* v
    each_before<T>(k, [&](index_t c, Mask) { sum.add_adjoint(Part::load(y_, c), Part::load(v, c)); });
    const Entry along = tau * Entry(lane_sum<T>(sum.re), lane_sum<T>(sum.im));
    constexpr int R = 4;
    index_t r = 0;
    for (; r + R <= rows; r += R) product<R>(r, k, v);
    for (; r < rows; ++r) product<1>(r, k, v);
    const Part by = Part::splat(-along);
    each_before<T>(rows, [&](index_t c, Mask inside) {
      Part x = Part::load(q_, c);
      x.add(by, Part::load(u, c));
      Part{inside ? sigma * x.re : Vec{}, inside ? sigma * x.im : Vec{}}.store(q_, c);
    });
    each_before<T>(k, [&](index_t c, Mask inside) {
      const Part y = Part::load(y_, c);
      Part{inside ? tau * y.re : Vec{}, inside ? tau * y.im : Vec{}}.store(p_, c);
    });
    u_ = u;
    v_ = v;
    waits_ = true;
  }

  // Numbers r ... of q: A v.
  template <int R>
  [[gnu::always_inline]] void product(index_t r, index_t k, Row v) const {
    Part sums[R];
    for (index_t c = 0; c < k; c += W) {
      const Part right = Part::load(v, c);
#pragma GCC unroll 4
      for (int t = 0; t < R; ++t) sums[t].add(Part::load(split_row(a_, r + t), c), right);
    }
#pragma GCC unroll 4
    for (int t = 0; t < R; ++t) q_.put(r + t, {lane_sum<T>(sums[t].re), lane_sum<T>(sums[t].im)});
  }

  const index_t m_, n_, tall_, wide_;
  const PaddedRows<T> a_;
  const ComplexBidiagonal<T> to_;
  bool waits_ = false;  // whether there is an update
  Row u_, v_, p_, q_;   // it is - u p* - q v*
  Row y_;
};

}  // namespace

template <class T>
index_t complex_bidiagonal_scratch(index_t m, index_t n) {
  return 4 * whole_vectors<T>(n) + 2 * whole_vectors<T>(m);
}

template <class T>
void complex_bidiagonal(index_t m, index_t n, PaddedRows<T> a, const ComplexBidiagonal<T>& to, T* scratch) {
  BidiagonalReduction<T>(m, n, a, to, scratch).run();
}

template index_t complex_bidiagonal_scratch<float>(index_t, index_t);
template index_t complex_bidiagonal_scratch<double>(index_t, index_t);
template void complex_bidiagonal<float>(index_t, index_t, PaddedRows<float>, const ComplexBidiagonal<float>&, float*);
template void complex_bidiagonal<double>(index_t, index_t, PaddedRows<double>, const ComplexBidiagonal<double>&, double*);

}  // namespace mmlcore
