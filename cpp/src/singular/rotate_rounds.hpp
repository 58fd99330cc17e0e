// Jacobi's rotations (jacobi_svd.hpp) of one matrix, by rounds.
//
// Round s pairs columns i < j with i + j = s modulo n: no column twice, and in the order of the cyclic method, row by row,
// whose waves these are (F. T. Luk, H. Park, "On parallel Jacobi orderings", SIAM J. Sci. Stat. Comput. 10, 1989). W pairs
// go side by side: their inner products come out of one transpose, and their angles are the lanes of one vector. A pair at a
// time waits for its chain of root and division, some 80 cycles, as long as the rotation of 300 entries takes.
//
// Where most pairs are expected to be orthogonal, X'X by one product tells which: a fifth of the cost of looking at each.
// Where bounds of inner products are known, only what they leave open of X'X is computed; and a sweep of small angles is the
// last. Let t be the largest sine times the ratio of the two lengths, d the largest cosine before it: turning x_p by x_q
// moves the cosine of x_p and x_k by t d at most, so that all cosines are below 2 n t d afterwards, or were small and grew
// by as much.
// The decomposition of 200 columns of random numbers takes 0.75 of the time with every pair looked at twice.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/lane_algebra.hpp"
#include "mmlcore/matrices/gram.hpp"
#include "whole_columns.hpp"

namespace mmlcore {

// X by rows, as the kernel for small products reads them.
template <class T>
Buffer<T> rows_of(const WholeColumns<T>& x) {
  const index_t n = x.count, m = x.length * Simd<T>::width;
  Buffer<T> rows(m * n);
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < m; ++i) rows[i * n + j] = x.at(i, j);
  }
  return rows;
}

// The upper triangle of X'X.
template <class T>
void inner_products(const WholeColumns<T>& x, MatrixView<T> to) {
  const index_t n = x.count, m = x.length * Simd<T>::width;
  const Buffer<T> rows = rows_of(x);
  const auto b = c_order<const T>(rows.data(), m, n);
  product_part<T>(b.transposed(), b, to, ProductPart::upper_result);
}

template <class T>
class RotateRounds {
 public:
  using Vec = typename Simd<T>::Vec;
  using Mask = typename Simd<T>::Mask;
  static constexpr int W = Simd<T>::width;

  // Turns the columns of x, and those of `along` (may be null) with them, longer ones to the front. Columns shorter than
  // `least` stay as they are. Both are followed by two columns of zeros. squares: of the columns. bounds (may be null): for
  // each column, of its inner products with those before it, which are not shorter.
  RotateRounds(const WholeColumns<T>& x, const WholeColumns<T>* along, T* squares, T least, const T* bounds = nullptr)
      : x_(x), along_(along), squares_(squares), bounds_(bounds), least_(least), pairs_(x.count), lengths_(x.count) {
    limit_ = std::numeric_limits<T>::epsilon() * static_cast<T>(std::max<index_t>(x.count, 4)) / 2;
  }

  // Until all pairs are orthogonal; false where that does not happen. mostly: they nearly are.
  bool run(bool mostly) {
    constexpr int sweeps = 40;  // some five times what is needed
    const index_t n = x_.count;
    Buffer<T> products(mostly ? n * n : 0);
    for (int sweep = 0; sweep < sweeps; ++sweep) {
      square_all();
      if (mostly) {
        for (index_t j = 0; j < n; ++j) lengths_[j] = std::sqrt(squares_[j]);
        look(c_order<T>(products.data(), n, n));
      }
      bend_ = 0;
      most_ = limit_;
      bool turned = false;
      for (index_t round = 0; round < n; ++round) turned |= play(round, mostly ? products.data() : nullptr);
      if (!turned) return true;
      if (bounds_ && 2 * static_cast<T>(n) * bend_ * most_ <= limit_ / 4) {
        square_all();
        return true;
      }
      bounds_ = nullptr;
    }
    return false;
  }

 private:
  struct Pair {
    index_t p, q;
  };

  void square_all() const {
    for (index_t j = 0; j < x_.count; ++j) squares_[j] = square(x_[j]);
  }

  // The upper triangle of X'X, with zeros for what the bounds show to be small.
  void look(const MatrixView<T>& to) const {
    constexpr index_t step = 24;
    if (!bounds_) return inner_products(x_, to);
    const index_t n = x_.count, m = x_.length * W;
    const Buffer<T> memory = rows_of(x_);
    const auto rows = c_order<const T>(memory.data(), m, n);
    for (index_t i = 0; i < n; i += step) {
      const index_t some = std::min(step, n - i);
      const T least = T(0.75) * limit_ * *std::min_element(lengths_.data() + i, lengths_.data() + i + some);
      index_t from = i;
      while (from < n && bounds_[from] <= least * lengths_[from]) ++from;
      for (index_t k = i; k < i + some; ++k) std::fill(&to(k, i), to.row(k).data + from, T{0});
      if (from == n) continue;
      const MatrixView<T> part = to.block(i, from, some, n - from);
      product_part<T>(rows.block(0, i, m, some).transposed(), rows.block(0, from, m, n - from), part, ProductPart::full);
    }
  }

  T square(const Vec* column) const {
    Vec sum{};
    for (index_t e = 0; e < x_.length; ++e) sum += column[e] * column[e];
    return Simd<T>::sum(sum);
  }

  // The pairs of a round but for those that X'X shows to be in order.
  bool play(index_t round, const T* products) {
    const index_t n = x_.count;
    index_t count = 0;
    const auto meet = [&](index_t i, index_t j) {
      if (products) {
        const T most = limit_ * lengths_[i] * lengths_[j];
        if (std::abs(products[i * n + j]) <= most && (bounds_ || squares_[i] >= squares_[j])) return;
      }
      pairs_[count++] = {i, j};
    };
    for (index_t i = 0; i < round - i; ++i) meet(i, round - i);
    for (index_t i = round + 1; i < round + n - i; ++i) meet(i, round + n - i);
    bool turned = false;
    index_t start = 0;
    for (; start < count; start += W) turned |= turn_several(pairs_.data() + start, std::min<index_t>(count - start, W));
    return turned;
  }

  bool turn_several(const Pair* pairs, index_t count) {
    Vec a{}, b{}, sums[W] = {};
    const Vec *left[W], *right[W];
    for (int c = 0; c < W; ++c) {
      const Pair pair = c < count ? pairs[c] : Pair{x_.count, x_.count + 1};
      left[c] = x_[pair.p];
      right[c] = x_[pair.q];
    }
    for (index_t c = 0; c < count; ++c) {
      a[c] = squares_[pairs[c].p];
      b[c] = squares_[pairs[c].q];
    }
    if (2 * count > W) {
      for (index_t e = 0; e < x_.length; ++e) {
#pragma GCC unroll 16
        for (int c = 0; c < W; ++c) sums[c] += left[c][e] * right[c][e];
      }
    } else {
      for (index_t e = 0; e < x_.length; ++e) {
#pragma GCC unroll 8
        for (int c = 0; c < W / 2; ++c) sums[c] += left[c][e] * right[c][e];
      }
    }
    const Vec g = lane_sums<T>(sums), both = square_root(a) * square_root(b);
    const Mask apart = (Simd<T>::abs(g) > limit_ * both) & (a > least_ * least_) & (b > least_ * least_);
    const Mask swapped = b > a, moved = apart | swapped;
    if (!Simd<T>::any(moved)) return false;
    const Vec z = (b - a) / (apart ? g + g : Vec{} + 1), size = Simd<T>::abs(z);
    const Vec small = 1 / (size + square_root(size * size + 1));
    const Vec t = apart ? (z < 0 ? -small : small) : Vec{};
    const Vec cosine = 1 / square_root(t * t + 1), sine = t * cosine;
    const Vec low = a - t * g, high = b + t * g;  // the squares before the columns change places
    for (index_t c = 0; c < count; ++c) {
      if (!moved[c]) continue;
      const auto [p, q] = pairs[c];
      const bool swap = swapped[c];
      most_ = std::max(most_, std::abs(g[c]) / both[c]);
      bend_ = swap ? std::numeric_limits<T>::infinity() : std::max(bend_, std::abs(sine[c]) * std::sqrt(a[c] / b[c]));
      squares_[p] = swap ? high[c] : low[c];
      squares_[q] = swap ? low[c] : high[c];
      turn(x_[p], x_[q], x_.length, cosine[c], sine[c], swap);
      if (along_) turn((*along_)[p], (*along_)[q], along_->length, cosine[c], sine[c], swap);
    }
    return Simd<T>::any(apart);
  }

  // x <- c x - s y, y <- s x + c y, and then they change places.
  static void turn(Vec* x, Vec* y, index_t length, T c, T s, bool swap) {
    const Vec xx = Simd<T>::splat(swap ? s : c), xy = Simd<T>::splat(swap ? c : -s);
    const Vec yx = Simd<T>::splat(swap ? c : s), yy = Simd<T>::splat(swap ? -s : c);
    for (index_t e = 0; e < length; ++e) {
      const Vec old = x[e];
      x[e] = xx * old + xy * y[e];
      y[e] = yx * old + yy * y[e];
    }
  }

  WholeColumns<T> x_;
  const WholeColumns<T>* along_;
  T* squares_;
  const T* bounds_;
  T least_, limit_, bend_ = 0, most_ = 0;
  Buffer<Pair> pairs_;
  Buffer<T> lengths_;
};

}  // namespace mmlcore
