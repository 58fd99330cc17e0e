#include "mmlcore/eigen/complex_hessenberg.hpp"

#include <algorithm>

#include "mmlcore/core/interrupt.hpp"
#include "mmlcore/eigen/split_rows.hpp"

namespace mmlcore {
namespace {

template <class T>
class HessenbergReduction {
 public:
  using S = Simd<T>;
  using Vec = typename S::Vec;
  using Mask = typename S::Mask;
  using Entry = std::complex<T>;
  using Row = SplitRow<T>;
  using Part = SplitVec<T>;
  static constexpr int W = S::width;

  HessenbergReduction(index_t n, PaddedRows<T> a, PaddedRows<T> v, T* scratch)
      : n_(n), padded_(whole_vectors<T>(n)), a_(a), v_(v) {
    std::fill_n(scratch, hessenberg_scratch<T>(n), T{0});
    for (Row* row : {&pair_p_, &pair_q_, &y_, &z_}) {
      *row = {scratch, scratch + padded_};
      scratch += 2 * padded_;
    }
  }

  void run(T* tau) {
    for (index_t k = n_ - 1; k > 1; --k) {
      if (k >= kPolledOrder) poll_interrupt();
      const Row x = split_row(v_, k), row = split_row(a_, k);
      Entry off;
      tau[k] = point_row(k, x, take_row(k, x), off);
      for (index_t c = 0; c + 1 < k; ++c) row.put(c, 0);
      row.put(k - 1, std::conj(off));
      multiply(k, x);
      complete(k, x, tau[k]);
    }
    for (index_t k = std::min<index_t>(n_, 2); k-- > 0;) {
      const Row x = split_row(v_, k);
      if (waits_) update_row(k);
      for (index_t c = 0; c < padded_; c += W) Part{}.store(x, c);
      tau[k] = 0;
    }
  }

 private:
  // a_kc -= v_k conj(p_c) + q_k conj(v_c)
  void update_row(index_t k) {
    const Row own = split_row(a_, k);
    const Part v = Part::splat(pair_v_[k]), q = Part::splat(pair_q_[k]);
    for (index_t c = 0; c < padded_; c += W) {
      Part a = Part::load(own, c);
      a.take_adjoint(v, Part::load(pair_p_, c));
      a.take_adjoint(q, Part::load(pair_v_, c));
      a.store(own, c);
    }
  }

  // The conjugate of row k before the diagonal, once it has the update that waits, goes to x; returns the squares.
  Vec take_row(index_t k, Row x) {
    if (waits_) update_row(k);
    const Row from = split_row(a_, k);
    Vec squares{};
    each_before<T>(k, [&](index_t c, Mask inside) {
      const Part a = Part::load(from, c), part{inside ? a.re : Vec{}, inside ? -a.im : Vec{}};
      part.store(x, c);
      squares += part.squares();
    });
    for (index_t c = whole_vectors<T>(k); c < padded_; c += W) Part{}.store(x, c);
    return squares;
  }

  // y = A x and z = A* x over the first k rows, once they have the update that waits.
  void multiply(index_t k, Row x) {
    for (index_t c = 0; c < padded_; c += W) Part{}.store(z_, c);
    index_t r = 0;
    if (waits_) {
      for (; r + 2 <= k; r += 2) rows<2, true>(r, k, x);
      if (r < k) rows<1, true>(r, k, x);
    } else {
      for (; r + 2 <= k; r += 2) rows<2, false>(r, k, x);
      if (r < k) rows<1, false>(r, k, x);
    }
  }

  template <int R, bool Update>
  [[gnu::always_inline]] void rows(index_t r, index_t k, Row x) {
    Part left_v[R], left_q[R], left_x[R], sums[R];
#pragma GCC unroll 2
    for (int t = 0; t < R; ++t) {
      if constexpr (Update) {
        left_v[t] = Part::splat(pair_v_[r + t]);
        left_q[t] = Part::splat(pair_q_[r + t]);
      }
      left_x[t] = Part::splat(x[r + t]);
    }
    const auto at = [&]<bool Before>(index_t c) __attribute__((always_inline)) {
      Part right_p, right_v, right_x;
      if constexpr (Update) right_p = Part::load(pair_p_, c);
      if constexpr (Update && Before) right_v = Part::load(pair_v_, c);
      if constexpr (Before) right_x = Part::load(x, c);
      Part z = Part::load(z_, c);
#pragma GCC unroll 2
      for (int t = 0; t < R; ++t) {
        const Row own = split_row(a_, r + t);
        Part a = Part::load(own, c);
        if constexpr (Update) {
          a.take_adjoint(left_v[t], right_p);
          if constexpr (Before) a.take_adjoint(left_q[t], right_v);
          a.store(own, c);
        }
        if constexpr (Before) sums[t].add(a, right_x);
        z.add_adjoint(a, left_x[t]);
      }
      z.store(z_, c);
    };
    const index_t before = whole_vectors<T>(std::min(k + 1, n_));  // the vector that waits has k + 1 numbers
    for (index_t c = 0; c < before; c += W) at.template operator()<true>(c);
    for (index_t c = before; c < padded_; c += W) at.template operator()<false>(c);
#pragma GCC unroll 2
    for (int t = 0; t < R; ++t) y_.put(r + t, {lane_sum<T>(sums[t].re), lane_sum<T>(sums[t].im)});
  }

  void complete(index_t k, Row x, T tau) {
    Part sum;  // v* y
    each_before<T>(k, [&](index_t c, Mask inside) {
      const Part y = Part::load(y_, c);
      sum.add_adjoint(Part::load(x, c), {inside ? y.re : Vec{}, inside ? y.im : Vec{}});
    });
    const T scale = tau * tau / 2;
    const Part by{S::splat(scale * lane_sum<T>(sum.re)), S::splat(scale * lane_sum<T>(sum.im))};
    for (index_t c = 0; c < padded_; c += W) {
      const Part v = Part::load(x, c), y = Part::load(y_, c), z = Part::load(z_, c);
      Part q{tau * y.re, tau * y.im}, p{tau * z.re, tau * z.im};
      q.add({-by.re, -by.im}, v);
      p.add({-by.re, by.im}, v);
      q.store(pair_q_, c);
      p.store(pair_p_, c);
    }
    pair_v_ = x;
    waits_ = true;
  }

  const index_t n_, padded_;
  const PaddedRows<T> a_, v_;
  bool waits_ = false;  // whether there is an update
  Row pair_v_, pair_p_, pair_q_;
  Row y_, z_;
};

}  // namespace

template <class T>
index_t hessenberg_scratch(index_t n) {
  return 8 * whole_vectors<T>(n);
}

template <class T>
void complex_hessenberg(index_t n, PaddedRows<T> a, PaddedRows<T> v, T* tau, T* scratch) {
  HessenbergReduction<T>(n, a, v, scratch).run(tau);
}

template index_t hessenberg_scratch<float>(index_t);
template index_t hessenberg_scratch<double>(index_t);
template void complex_hessenberg<float>(index_t, PaddedRows<float>, PaddedRows<float>, float*, float*);
template void complex_hessenberg<double>(index_t, PaddedRows<double>, PaddedRows<double>, double*, double*);

}  // namespace mmlcore
