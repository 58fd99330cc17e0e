#include "mmlcore/eigen/hermitian_reduction.hpp"

#include <algorithm>

#include "mmlcore/core/interrupt.hpp"
#include "mmlcore/eigen/split_rows.hpp"

namespace mmlcore {
namespace {

constexpr int kRowsAtOnce = 2;

template <class T>
class HermitianReduction {
 public:
  using S = Simd<T>;
  using Vec = typename S::Vec;
  using Mask = typename S::Mask;
  using Int = typename S::Int;
  using Entry = std::complex<T>;
  using Row = SplitRow<T>;
  using Part = SplitVec<T>;
  static constexpr int W = S::width, R = kRowsAtOnce;

  HermitianReduction(index_t n, PaddedRows<T> a, PaddedRows<T> v, T* scratch)
      : n_(n), padded_(whole_vectors<T>(n) + W), a_(a), v_(v) {
    std::fill_n(scratch, hermitian_scratch<T>(n), T{0});
    for (Row* row : {&pair_w_, &y_, &own_}) {
      *row = {scratch, scratch + padded_};
      scratch += 2 * padded_;
    }
  }

  void run(T* tau, T* d, T* e, Entry* phases) {
    e[n_ - 1] = 0;
    phases[n_ - 1] = 1;
    for (index_t k = n_ - 1; k > 0; --k) {
      if (k >= kPolledOrder) poll_interrupt();
      const Row x = split_row(v_, k);
      Entry off;
      tau[k] = point_row(k, x, take_row(k, x, d[k]), off);
      e[k - 1] = std::abs(off);
      phases[k - 1] = times(phase_of(off, e[k - 1]), phases[k]);
      multiply(k, x);
      complete(k, x, tau[k]);
    }
    d[0] = a_.row(0)[0] - correction(0);
    tau[0] = 0;
  }

 private:
  // What the pair that waits takes from the k-th number of the diagonal.
  T correction(index_t k) const {
    if (!waits_) return 0;
    const Entry v = pair_v_[k], w = pair_w_[k];
    return 2 * (v.real() * w.real() + v.imag() * w.imag());
  }

  // The conjugate of row k as the pair that waits leaves it goes to x; returns the squares.
  Vec take_row(index_t k, Row x, T& diagonal) {
    const Row from = split_row(a_, k);
    const Part v = Part::splat(waits_ ? std::conj(pair_v_[k]) : Entry());
    const Part w = Part::splat(waits_ ? std::conj(pair_w_[k]) : Entry());
    Vec squares{};
    each_before<T>(k, [&](index_t c, Mask inside) {
      Part part = Part::load(from, c);
      part.im = -part.im;
      if (waits_) {  // conj(a) -= conj(v_k) w_c + conj(w_k) v_c
        const Part vc = Part::load(pair_v_, c), wc = Part::load(pair_w_, c);
        part.add({-v.re, -v.im}, wc);
        part.add({-w.re, -w.im}, vc);
      }
      part = {inside ? part.re : Vec{}, inside ? part.im : Vec{}};
      part.store(x, c);
      squares += part.squares();
    });
    diagonal = from.re[k] - correction(k);
    for (index_t c = whole_vectors<T>(k); c < padded_ - W; c += W) Part{}.store(x, c);
    return squares;
  }

  // y + own = A x over the first k rows, once A has the update by the pair that waits, if there is one.
  void multiply(index_t k, Row x) {
    each_before<T>(k, [&](index_t c, Mask) { Part{}.store(y_, c); });
    if (waits_) {
      pass<true>(k, x);
    } else {
      pass<false>(k, x);
    }
  }

  // Rows behind the k-th in the last group are dead: they are changed, and multiplied by zeros of x.
  template <bool Update>
  void pass(index_t k, Row x) {
    const Mask lanes = lane_numbers<T>();
    for (index_t r = 0; r < k; r += R) {
      Part left_v[R], left_w[R], left_x[R], sums[R];
#pragma GCC unroll 4
      for (int t = 0; t < R; ++t) {
        if constexpr (Update) {
          left_v[t] = Part::splat(pair_v_[r + t]);
          left_w[t] = Part::splat(pair_w_[r + t]);
        }
        left_x[t] = Part::splat(x[r + t]);
      }
      const auto at = [&](index_t c, auto&& keep) __attribute__((always_inline)) {
        Part right_v, right_w;
        if constexpr (Update) {
          right_v = Part::load(pair_v_, c);
          right_w = Part::load(pair_w_, c);
        }
        const Part right_x = Part::load(x, c);
        Part y = Part::load(y_, c);
#pragma GCC unroll 4
        for (int t = 0; t < R; ++t) {
          const Row own = split_row(a_, r + t);
          Part a = Part::load(own, c);
          if constexpr (Update) {
            a.take_adjoint(left_v[t], right_w);
            a.take_adjoint(left_w[t], right_v);
            a.store(own, c);
          }
          keep(t, a, right_x, y);
        }
        y.store(y_, c);
      };
      const index_t whole = r / W * W;
      for (index_t c = 0; c < whole; c += W) {
        at(
            c, [&](int t, Part a, Part right, Part& y) __attribute__((always_inline)) {
              sums[t].add(a, right);
              y.add_adjoint(a, left_x[t]);
            });
      }
      at(
          whole, [&](int t, Part a, Part right, Part& y) __attribute__((always_inline)) {
            const Mask place = lanes - static_cast<Int>(r + t - whole);
            sums[t].add({place <= 0 ? a.re : Vec{}, place < 0 ? a.im : Vec{}}, right);
            y.add_adjoint({place < 0 ? a.re : Vec{}, place < 0 ? a.im : Vec{}}, left_x[t]);
          });
#pragma GCC unroll 4
      for (int t = 0; t < R; ++t) own_.put(r + t, {lane_sum<T>(sums[t].re), lane_sum<T>(sums[t].im)});
    }
  }

  // w = p - (tau / 2) (v* p) v with p = tau (y + own): the pair waits. v* A v is real.
  void complete(index_t k, Row x, T tau) {
    Vec sum{};
    each_before<T>(k, [&](index_t c, Mask inside) {
      const Part column = Part::load(y_, c), row = Part::load(own_, c), v = Part::load(x, c);
      const Part y{inside ? column.re + row.re : Vec{}, inside ? column.im + row.im : Vec{}};
      y.store(pair_w_, c);
      sum += y.re * v.re + y.im * v.im;
    });
    const T half = tau * tau * lane_sum<T>(sum) / 2;
    each_before<T>(k, [&](index_t c, Mask) {
      const Part y = Part::load(pair_w_, c), v = Part::load(x, c);
      Part{tau * y.re - half * v.re, tau * y.im - half * v.im}.store(pair_w_, c);
    });
    for (index_t c = whole_vectors<T>(k); c < padded_; c += W) Part{}.store(pair_w_, c);
    pair_v_ = x;
    waits_ = true;
  }

  const index_t n_, padded_;
  const PaddedRows<T> a_, v_;
  bool waits_ = false;  // whether there is a pair
  Row pair_v_, pair_w_;
  Row y_, own_;  // columns' and rows' shares of a product
};

}  // namespace

template <class T>
index_t hermitian_scratch(index_t n) {
  return 6 * (whole_vectors<T>(n) + Simd<T>::width);
}

template <class T>
void reduce_hermitian(index_t n, PaddedRows<T> a, PaddedRows<T> v, T* tau, T* d, T* e, std::complex<T>* phases, T* scratch) {
  HermitianReduction<T>(n, a, v, scratch).run(tau, d, e, phases);
}

template index_t hermitian_scratch<float>(index_t);
template index_t hermitian_scratch<double>(index_t);
template void reduce_hermitian<float>(index_t, PaddedRows<float>, PaddedRows<float>, float*, float*, float*,
                                      std::complex<float>*, float*);
template void reduce_hermitian<double>(index_t, PaddedRows<double>, PaddedRows<double>, double*, double*, double*,
                                       std::complex<double>*, double*);

}  // namespace mmlcore
