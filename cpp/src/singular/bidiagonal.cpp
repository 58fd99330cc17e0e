#include "mmlcore/singular/bidiagonal.hpp"

#include <algorithm>

#include "mmlcore/core/interrupt.hpp"
#include "mmlcore/eigen/pointed_row.hpp"
#include "mmlcore/matrices/register_tile.hpp"

namespace mmlcore {
namespace {

constexpr int kRowsAtOnce = kRegisters == 32 ? 4 : 2;  // that lose an update, and are multiplied

template <class T>
class Reduction {
 public:
  using S = Simd<T>;
  using Vec = typename S::Vec;
  using Mask = typename S::Mask;
  static constexpr int W = S::width;

  Reduction(index_t m, index_t n, PaddedRows<T> a, const Bidiagonal<T>& to, T* scratch)
      : m_(m),
        n_(n),
        tall_(whole_vectors<T>(m)),
        wide_(whole_vectors<T>(n)),
        a_(a),
        to_(to),
        p_(scratch),
        y_(p_ + wide_),
        q_(y_ + wide_) {
    std::fill_n(scratch, bidiagonal_scratch<T>(m, n), T{0});
  }

  void run() {
    for (index_t k = n_ - 1; k >= 0; --k) {
      if (k >= kPolledOrder) poll_interrupt();
      const index_t rows = m_ - n_ + 1 + k;
      T *const u = to_.u.row(k), *const v = to_.v.row(k);
      const T tau = to_.tau[k] = point_row(rows, u, take_column(k, rows, u), to_.diagonal[k]);
      std::fill_n(v, wide_, T{0});
      to_.sigma[k] = 0;
      if (k == 0) return;
      from_left(k, rows, u);
      const T sigma = to_.sigma[k] = point_row(k, v, take_row(k, rows - 1, tau * u[rows - 1], v), to_.before[k - 1]);
      from_right(k, rows - 1, u, v, tau, sigma);
    }
  }

 private:
  // Column k of the first rows, once it has the update that waits; returns the squares.
  Vec take_column(index_t k, index_t rows, T* to) const {
    for (index_t r = 0; r < rows; ++r) to[r] = a_.row(r)[k];
    std::fill(to + rows, to + tall_, T{0});
    const T p = waits_ ? p_[k] : T{0}, v = waits_ ? v_[k] : T{0};
    Vec squares{};
    each_before<T>(rows, [&](index_t c, Mask inside) {
      Vec part = S::load(to + c);
      if (waits_) part -= S::load(u_ + c) * p + S::load(q_ + c) * v;
      part = inside ? part : Vec{};
      S::store(to + c, part);
      squares += part * part;
    });
    return squares;
  }

  // Row r before column k goes to `to`, once it is reflected from the left; returns the squares.
  Vec take_row(index_t k, index_t r, T by, T* to) const {
    const T* const from = a_.row(r);
    Vec squares{};
    each_before<T>(k, [&](index_t c, Mask inside) {
      Vec part = S::load(from + c) - by * S::load(y_ + c);
      part = inside ? part : Vec{};
      S::store(to + c, part);
      squares += part * part;
    });
    return squares;
  }

  // y = A'u before column k, once the first rows have the update that waits.
  void from_left(index_t k, index_t rows, const T* u) const {
    each_before<T>(k, [&](index_t c, Mask) { S::store(y_ + c, Vec{}); });
    index_t r = 0;
    if (waits_) {
      for (; r + kRowsAtOnce <= rows; r += kRowsAtOnce) update<kRowsAtOnce, true>(r, k, u);
      for (; r < rows; ++r) update<1, true>(r, k, u);
    } else {
      for (; r + kRowsAtOnce <= rows; r += kRowsAtOnce) update<kRowsAtOnce, false>(r, k, u);
      for (; r < rows; ++r) update<1, false>(r, k, u);
    }
  }

  template <int R, bool Update>
  [[gnu::always_inline]] void update(index_t r, index_t k, const T* u) const {
    Vec left_u[R], left_q[R], left[R];
#pragma GCC unroll 4
    for (int t = 0; t < R; ++t) {
      if constexpr (Update) {
        left_u[t] = S::splat(u_[r + t]);
        left_q[t] = S::splat(q_[r + t]);
      }
      left[t] = S::splat(u[r + t]);
    }
    for (index_t c = 0; c < k; c += W) {
      Vec y = S::load(y_ + c), p, v;
      if constexpr (Update) {
        p = S::load(p_ + c);
        v = S::load(v_ + c);
      }
#pragma GCC unroll 4
      for (int t = 0; t < R; ++t) {
        T* const own = a_.row(r + t) + c;
        Vec a = S::load(own);
        if constexpr (Update) {
          a = (a - left_u[t] * p) - left_q[t] * v;
          S::store(own, a);
        }
        y += a * left[t];
      }
      S::store(y_ + c, y);
    }
  }

  // The update that waits from here on, for the first `rows` rows.
  void from_right(index_t k, index_t rows, const T* u, const T* v, T tau, T sigma) {
    Vec sum{};
    each_before<T>(k, [&](index_t c, Mask) { sum += S::load(y_ + c) * S::load(v + c); });
    const T along = tau * lane_sum<T>(sum);
    constexpr int R = 4;
    index_t r = 0;
    for (; r + R <= rows; r += R) product<R>(r, k, v);
    for (; r < rows; ++r) product<1>(r, k, v);
    each_before<T>(rows, [&](index_t c, Mask inside) {
      const Vec x = sigma * (S::load(q_ + c) - along * S::load(u + c));
      S::store(q_ + c, inside ? x : Vec{});
    });
    each_before<T>(k, [&](index_t c, Mask inside) { S::store(p_ + c, inside ? tau * S::load(y_ + c) : Vec{}); });
    u_ = u;
    v_ = v;
    waits_ = true;
  }

  // Numbers r ... of q: A v.
  template <int R>
  [[gnu::always_inline]] void product(index_t r, index_t k, const T* v) const {
    Vec sums[R] = {};
    for (index_t c = 0; c < k; c += W) {
      const Vec right = S::load(v + c);
#pragma GCC unroll 4
      for (int t = 0; t < R; ++t) sums[t] += S::load(a_.row(r + t) + c) * right;
    }
#pragma GCC unroll 4
    for (int t = 0; t < R; ++t) q_[r + t] = lane_sum<T>(sums[t]);
  }

  const index_t m_, n_, tall_, wide_;
  const PaddedRows<T> a_;
  const Bidiagonal<T> to_;
  bool waits_ = false;                // whether there is an update
  T *const p_, *const y_, *const q_;  // it is - u p' - q v'
  const T *u_ = nullptr, *v_ = nullptr;
};

}  // namespace

template <class T>
index_t bidiagonal_scratch(index_t m, index_t n) {
  return 2 * whole_vectors<T>(n) + whole_vectors<T>(m);
}

template <class T>
void bidiagonalize(index_t m, index_t n, PaddedRows<T> a, const Bidiagonal<T>& to, T* scratch) {
  Reduction<T>(m, n, a, to, scratch).run();
}

template index_t bidiagonal_scratch<float>(index_t, index_t);
template index_t bidiagonal_scratch<double>(index_t, index_t);
template void bidiagonalize<float>(index_t, index_t, PaddedRows<float>, const Bidiagonal<float>&, float*);
template void bidiagonalize<double>(index_t, index_t, PaddedRows<double>, const Bidiagonal<double>&, double*);

}  // namespace mmlcore
