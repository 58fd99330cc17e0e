#include "mmlcore/eigen/hermitian_reduction.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/lane_arithmetic.hpp"
#include "mmlcore/core/numbers.hpp"
#include "mmlcore/matrices/register_tile.hpp"

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
  static constexpr int W = S::width, R = kRowsAtOnce;
  static constexpr T kLeast = std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon();

  // A vector of complex numbers, and W of them in registers.
  struct Parts {
    T *re = nullptr, *im = nullptr;
    Entry operator[](index_t i) const { return {re[i], im[i]}; }
  };
  struct Pair {
    Vec re{}, im{};
  };

  HermitianReduction(index_t n, PaddedRows<T> a, PaddedRows<T> v, T* scratch)
      : n_(n), padded_(whole_vectors<T>(n) + W), a_(a), v_(v) {
    std::fill_n(scratch, hermitian_scratch<T>(n), T{0});
    const auto next = [&] {
      T* const own = scratch;
      scratch += 2 * padded_;
      return Parts{own, own + padded_};
    };
    w_pair_ = next();
    y_ = next();
    own_ = next();
  }

  void run(T* tau, T* d, T* e, Entry* phases) {
    e[n_ - 1] = 0;
    phases[n_ - 1] = 1;
    for (index_t k = n_ - 1; k > 0; --k) {
      const Parts x = row(v_, k);
      const T rest = take_row(k, x, d[k]);
      Entry off;
      tau[k] = point(k, x, rest, off);
      e[k - 1] = std::abs(off);
      phases[k - 1] = times(phase_of(off, e[k - 1]), phases[k]);
      multiply(k, x);
      complete(k, x, tau[k]);
    }
    d[0] = a_.row(0)[0] - correction(0);
    tau[0] = 0;
  }

 private:
  static Parts row(PaddedRows<T> rows, index_t k) { return {rows.row(2 * k), rows.row(2 * k + 1)}; }
  [[gnu::always_inline]] static Pair load(Parts x, index_t c) { return {S::load(x.re + c), S::load(x.im + c)}; }
  [[gnu::always_inline]] static void store(Parts x, index_t c, Pair value) {
    S::store(x.re + c, value.re);
    S::store(x.im + c, value.im);
  }

  // x / |x|; 1 where digits of x may have been lost at the end of the range.
  static Entry phase_of(Entry x, T size) { return size > kLeast ? x / size : Entry(1); }

  // Calls f(c, mask of what lies before column k) for the vectors of a row.
  template <class F>
  [[gnu::always_inline]] static void before(index_t k, F&& f) {
    const Mask lanes = lane_numbers<T>();
    for (index_t c = 0; c < k; c += W) f(c, lanes < static_cast<Int>(k - c));
  }

  // What the pair that waits takes from the k-th number of the diagonal.
  T correction(index_t k) const {
    if (!waits_) return 0;
    const Entry v = v_pair_[k], w = w_pair_[k];
    return 2 * (v.real() * w.real() + v.imag() * w.imag());
  }

  // The conjugate of row k as the pair that waits leaves it goes to x; returns the sum of squares but for the last number.
  T take_row(index_t k, Parts x, T& diagonal) {
    const Parts from = row(a_, k);
    const Entry v = waits_ ? v_pair_[k] : Entry(), w = waits_ ? w_pair_[k] : Entry();
    Vec squares{};
    before(k, [&](index_t c, Mask inside) {
      Pair part = load(from, c);
      part.im = -part.im;
      if (waits_) {
        const Pair vc = load(v_pair_, c), wc = load(w_pair_, c);
        part.re -= v.real() * wc.re + v.imag() * wc.im + w.real() * vc.re + w.imag() * vc.im;
        part.im -= v.real() * wc.im - v.imag() * wc.re + w.real() * vc.im - w.imag() * vc.re;
      }
      part.re = inside ? part.re : Vec{};
      part.im = inside ? part.im : Vec{};
      store(x, c, part);
      squares += part.re * part.re + part.im * part.im;
    });
    diagonal = from.re[k] - correction(k);
    for (index_t c = whole_vectors<T>(k); c < padded_ - W; c += W) store(x, c, {});
    // The squares of the others alone: from the sum where the last number is no large part of it, else once more.
    const T sum = lane_sum<T>(squares), rest = sum - std::norm(x[k - 1]);
    if (rest > sum / 4) return rest;
    squares = Vec{};
    before(k, [&](index_t c, Mask) {
      const Mask others = lane_numbers<T>() < static_cast<Int>(k - 1 - c);
      const Pair part = load(x, c);
      squares += others ? part.re * part.re + part.im * part.im : Vec{};
    });
    return lane_sum<T>(squares);
  }

  // x becomes the vector of the reflection, with x_{k-1} = 1; returns tau. What is below the range of squares counts as
  // zero: it is far below rounding.
  T point(index_t k, Parts x, T rest, Entry& off) const {
    const Entry last = x[k - 1];
    off = last;
    if (rest <= kLeast) {
      before(k, [&](index_t c, Mask) { store(x, c, {}); });
      return 0;
    }
    const T own = std::abs(last), size = std::sqrt(rest + own * own);
    const Entry phase = phase_of(last, own);
    off = -size * phase;
    const Entry scale = std::conj(phase) / (size + own);
    before(k, [&](index_t c, Mask) {
      const Pair part = load(x, c);
      store(x, c, {part.re * scale.real() - part.im * scale.imag(), part.re * scale.imag() + part.im * scale.real()});
    });
    x.re[k - 1] = 1;
    x.im[k - 1] = 0;
    return 1 + own / size;
  }

  // y + own = A x over the first k rows, once A has the update by the pair that waits, if there is one.
  void multiply(index_t k, Parts x) {
    before(k, [&](index_t c, Mask) { store(y_, c, {}); });
    if (waits_) {
      pass<true>(k, x);
    } else {
      pass<false>(k, x);
    }
  }

  // Rows behind the k-th in the last group are dead: they are changed, and multiplied by zeros of x.
  template <bool Update>
  void pass(index_t k, Parts x) {
    const Mask lanes = lane_numbers<T>();
    for (index_t r = 0; r < k; r += R) {
      Pair left_v[R], left_w[R], left_x[R], sums[R];
#pragma GCC unroll 4
      for (int t = 0; t < R; ++t) {
        if constexpr (Update) {
          left_v[t] = splat(v_pair_[r + t]);
          left_w[t] = splat(w_pair_[r + t]);
        }
        left_x[t] = splat(x[r + t]);
      }
      const auto at = [&](index_t c, auto&& keep) __attribute__((always_inline)) {
        Pair right_v, right_w;
        if constexpr (Update) {
          right_v = load(v_pair_, c);
          right_w = load(w_pair_, c);
        }
        const Pair right_x = load(x, c);
        Pair y = load(y_, c);
#pragma GCC unroll 4
        for (int t = 0; t < R; ++t) {
          const Parts own = row(a_, r + t);
          Pair a = load(own, c);
          if constexpr (Update) {  // a -= v_r conj(w_c) + w_r conj(v_c)
            const Pair v = left_v[t], w = left_w[t];
            a.re = (((a.re - v.re * right_w.re) - v.im * right_w.im) - w.re * right_v.re) - w.im * right_v.im;
            a.im = (((a.im - v.im * right_w.re) + v.re * right_w.im) - w.im * right_v.re) + w.re * right_v.im;
            store(own, c, a);
          }
          keep(t, a, right_x, y);
        }
        store(y_, c, y);
      };
      const index_t whole = r / W * W;
      for (index_t c = 0; c < whole; c += W) {
        at(
            c, [&](int t, Pair a, Pair right, Pair& y) __attribute__((always_inline)) {
              add_product(a, right, sums[t]);
              add_adjoint(a, left_x[t], y);
            });
      }
      at(
          whole, [&](int t, Pair a, Pair right, Pair& y) __attribute__((always_inline)) {
            const Mask place = lanes - static_cast<Int>(r + t - whole);
            add_product({place <= 0 ? a.re : Vec{}, place < 0 ? a.im : Vec{}}, right, sums[t]);
            add_adjoint({place < 0 ? a.re : Vec{}, place < 0 ? a.im : Vec{}}, left_x[t], y);
          });
#pragma GCC unroll 4
      for (int t = 0; t < R; ++t) {
        own_.re[r + t] = lane_sum<T>(sums[t].re);
        own_.im[r + t] = lane_sum<T>(sums[t].im);
      }
    }
  }

  [[gnu::always_inline]] static Pair splat(Entry x) { return {S::splat(x.real()), S::splat(x.imag())}; }
  // sum += a x and sum += conj(a) x.
  [[gnu::always_inline]] static void add_product(Pair a, Pair x, Pair& sum) {
    sum.re = (sum.re + a.re * x.re) - a.im * x.im;
    sum.im = (sum.im + a.re * x.im) + a.im * x.re;
  }
  [[gnu::always_inline]] static void add_adjoint(Pair a, Pair x, Pair& sum) {
    sum.re = (sum.re + a.re * x.re) + a.im * x.im;
    sum.im = (sum.im + a.re * x.im) - a.im * x.re;
  }

  // w = p - (tau / 2) (v* p) v with p = tau (y + own): the pair waits. v* A v is real.
  void complete(index_t k, Parts x, T tau) {
    const Parts w = w_pair_;
    Vec sum{};
    before(k, [&](index_t c, Mask inside) {
      const Pair column = load(y_, c), row = load(own_, c), v = load(x, c);
      const Pair y{inside ? column.re + row.re : Vec{}, inside ? column.im + row.im : Vec{}};
      store(w, c, y);
      sum += y.re * v.re + y.im * v.im;
    });
    const T half = tau * tau * lane_sum<T>(sum) / 2;
    before(k, [&](index_t c, Mask) {
      const Pair y = load(w, c), v = load(x, c);
      store(w, c, {tau * y.re - half * v.re, tau * y.im - half * v.im});
    });
    for (index_t c = whole_vectors<T>(k); c < padded_; c += W) store(w, c, {});
    v_pair_ = x;
    waits_ = true;
  }

  const index_t n_, padded_;
  const PaddedRows<T> a_, v_;
  bool waits_ = false;  // whether there is a pair
  Parts v_pair_, w_pair_;
  Parts y_, own_;  // columns' and rows' shares of a product
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
