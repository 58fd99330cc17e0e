#include "mmlcore/eigen/reduction.hpp"

#include <algorithm>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/interrupt.hpp"
#include "mmlcore/core/lane_arithmetic.hpp"
#include "mmlcore/eigen/pointed_row.hpp"
#include "mmlcore/matrices/register_tile.hpp"

namespace mmlcore {
namespace {

constexpr int kPending = 2;  // pairs (v, w) that one pass applies

template <class T>
inline constexpr int kRowsAtOnce = std::min(kRegisters == 32 ? 4 : 2, Simd<T>::width);

template <class T>
class Reduction {
 public:
  using S = Simd<T>;
  using Vec = typename S::Vec;
  using Mask = typename S::Mask;
  using Int = typename S::Int;
  static constexpr int W = S::width, R = kRowsAtOnce<T>;

  Reduction(index_t n, PaddedRows<T> a, PaddedRows<T> v, T* scratch)
      : n_(n), padded_(whole_vectors<T>(n) + W), a_(a), v_(v) {
    std::fill_n(scratch, (kPending + 2) * padded_, T{0});
    for (int p = 0; p < kPending; ++p) w_pair_[p] = scratch + p * padded_;
    y_ = scratch + kPending * padded_;
    own_ = y_ + padded_;
  }

  void run(T* tau, T* d, T* e) {
    e[n_ - 1] = 0;
    for (index_t k = n_ - 1; k > 0; --k) {
      if (k >= kPolledOrder) poll_interrupt();
      T* const x = v_.row(k);
      tau[k] = point_row(k, x, take_row(k, x, d[k]), e[k - 1]);
      multiply(k, x);
      complete(k, x, tau[k]);
    }
    d[0] = a_.row(0)[0];
    for (int p = 0; p < pending_; ++p) d[0] -= 2 * v_pair_[p][0] * w_pair_[p][0];
    tau[0] = 0;
  }

 private:
  // Row k as the pending pairs leave it goes to x; returns the squares.
  Vec take_row(index_t k, T* x, T& diagonal) {
    const T* const row = a_.row(k);
    diagonal = row[k];
    Vec squares{};
    each_before<T>(k, [&](index_t c, Mask inside) {
      Vec part = S::load(row + c);
      for (int p = 0; p < pending_; ++p) {
        part -= v_pair_[p][k] * S::load(w_pair_[p] + c) + w_pair_[p][k] * S::load(v_pair_[p] + c);
      }
      part = inside ? part : Vec{};
      S::store(x + c, part);
      squares += part * part;
    });
    for (int p = 0; p < pending_; ++p) diagonal -= 2 * v_pair_[p][k] * w_pair_[p][k];
    for (index_t c = whole_vectors<T>(k); c < padded_ - W; c += W) S::store(x + c, Vec{});
    return squares;
  }

  // y + own = A x over the first k rows, the pending pairs applied to A or to the product.
  void multiply(index_t k, const T* x) {
    each_before<T>(k, [&](index_t c, Mask) { S::store(y_ + c, Vec{}); });
    if (pending_ == kPending) {
      pass<kPending>(k, x);
      pending_ = 0;
      return;
    }
    pass<0>(k, x);
    for (int p = 0; p < pending_; ++p) {
      Vec sum_v{}, sum_w{};
      each_before<T>(k, [&](index_t c, Mask) {
        const Vec part = S::load(x + c);
        sum_v += part * S::load(v_pair_[p] + c);
        sum_w += part * S::load(w_pair_[p] + c);
      });
      const T along_v = lane_sum<T>(sum_v), along_w = lane_sum<T>(sum_w);
      each_before<T>(k, [&](index_t c, Mask) {
        S::store(y_ + c, S::load(y_ + c) - (along_w * S::load(v_pair_[p] + c) + along_v * S::load(w_pair_[p] + c)));
      });
    }
  }

  // Rows behind the k-th in the last group are dead: they are changed, and multiplied by zeros of x.
  template <int Pairs>
  void pass(index_t k, const T* x) {
    const Mask lanes = lane_numbers<T>();
    for (index_t r = 0; r < k; r += R) {
      T* const rows = a_.row(r);
      Vec left_v[Pairs + 1][R], left_w[Pairs + 1][R], left_x[R], sums[R];
#pragma GCC unroll 4
      for (int t = 0; t < R; ++t) {
#pragma GCC unroll 2
        for (int p = 0; p < Pairs; ++p) {
          left_v[p][t] = S::splat(v_pair_[p][r + t]);
          left_w[p][t] = S::splat(w_pair_[p][r + t]);
        }
        left_x[t] = S::splat(x[r + t]);
        sums[t] = Vec{};
      }
      const auto at = [&](index_t c, auto&& keep) __attribute__((always_inline)) {
        Vec right_v[Pairs + 1], right_w[Pairs + 1];
#pragma GCC unroll 2
        for (int p = 0; p < Pairs; ++p) {
          right_v[p] = S::load(v_pair_[p] + c);
          right_w[p] = S::load(w_pair_[p] + c);
        }
        const Vec right_x = S::load(x + c);
        Vec y = S::load(y_ + c);
#pragma GCC unroll 4
        for (int t = 0; t < R; ++t) {
          Vec a = S::load(rows + t * a_.stride + c);
#pragma GCC unroll 2
          for (int p = 0; p < Pairs; ++p) a = (a - left_v[p][t] * right_w[p]) - left_w[p][t] * right_v[p];
          if constexpr (Pairs > 0) S::store(rows + t * a_.stride + c, a);
          keep(t, a, right_x, y);
        }
        S::store(y_ + c, y);
      };
      const index_t whole = r / W * W;
      for (index_t c = 0; c < whole; c += W) {
        at(
            c, [&](int t, Vec a, Vec right, Vec& y) __attribute__((always_inline)) {
              sums[t] += a * right;
              y += a * left_x[t];
            });
      }
      at(
          whole, [&](int t, Vec a, Vec right, Vec& y) __attribute__((always_inline)) {
            const Mask place = lanes - static_cast<Int>(r + t - whole);
            sums[t] += place <= 0 ? a * right : Vec{};
            y += place < 0 ? a * left_x[t] : Vec{};
          });
#pragma GCC unroll 4
      for (int t = 0; t < R; ++t) own_[r + t] = lane_sum<T>(sums[t]);
    }
  }

  // w = p - (tau / 2) (p'v) v with p = tau (y + own): the pair waits.
  void complete(index_t k, const T* x, T tau) {
    T* const w = w_pair_[pending_];
    Vec sum{};
    each_before<T>(k, [&](index_t c, Mask inside) {
      const Vec y = inside ? S::load(y_ + c) + S::load(own_ + c) : Vec{};
      S::store(w + c, y);
      sum += y * S::load(x + c);
    });
    const T half = tau * tau * lane_sum<T>(sum) / 2;
    each_before<T>(k, [&](index_t c, Mask) { S::store(w + c, tau * S::load(w + c) - half * S::load(x + c)); });
    for (index_t c = whole_vectors<T>(k); c < padded_; c += W) S::store(w + c, Vec{});
    v_pair_[pending_++] = x;
  }

  const index_t n_, padded_;
  const PaddedRows<T> a_, v_;
  int pending_ = 0;
  const T* v_pair_[kPending] = {};
  T* w_pair_[kPending];
  T *y_, *own_;  // columns' and rows' shares of a product
};

}  // namespace

template <class T>
index_t padded_rows(index_t n) {
  return padded_stride<T>(whole_vectors<T>(n) + Simd<T>::width);
}

template <class T>
index_t reduction_scratch(index_t n) {
  return (kPending + 2) * (whole_vectors<T>(n) + Simd<T>::width);
}

template <class T>
void reduce(index_t n, PaddedRows<T> a, PaddedRows<T> v, T* tau, T* d, T* e, T* scratch) {
  Reduction<T>(n, a, v, scratch).run(tau, d, e);
}

template index_t padded_rows<float>(index_t);
template index_t padded_rows<double>(index_t);
template index_t reduction_scratch<float>(index_t);
template index_t reduction_scratch<double>(index_t);
template void reduce<float>(index_t, PaddedRows<float>, PaddedRows<float>, float*, float*, float*, float*);
template void reduce<double>(index_t, PaddedRows<double>, PaddedRows<double>, double*, double*, double*, double*);

}  // namespace mmlcore
