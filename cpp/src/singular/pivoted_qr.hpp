// A P = Q R by Householder's reflections with exchanges of columns: the longest of what is left comes first, so that the
// diagonal of R falls (P. Businger, G. H. Golub, "Linear least squares solutions by Householder transformations", Numer.
// Math. 7, 1965). One matrix of few columns, in the caches.
//
// The lengths of what is left are taken anew in each step, in the pass that reflects: they need no pass of their own, and no
// formula that loses digits.
#pragma once

#include <algorithm>
#include <limits>
#include <utility>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/orthogonal/reflector.hpp"
#include "whole_columns.hpp"

namespace mmlcore {

// Of x (m x n, m >= n) the entries (k, j), j > k, become those of R. The columns of x are followed by W columns of zeros.
template <class T>
class PivotedQr {
 public:
  using Vec = typename Simd<T>::Vec;
  using Mask = typename Simd<T>::Mask;
  static constexpr index_t W = Simd<T>::width;

  // What is left counts as zero, too, once no column of it is longer than `noise` sqrt(k) times the first: what rounding has
  // made of columns that depend on k others; or than `floor`.
  explicit PivotedQr(const WholeColumns<T>& x, bool keep, T noise = 0, T floor = 0)
      : x_(x),
        noise_(noise),
        memory_(x.length * (keep ? x.count : 1)),
        numbers_(3 * (x.count + W)),
        order_(x.count),
        keep_(keep) {
    const index_t n = x.count;
    for (index_t j = 0; j < n; ++j) order_[j] = j;
    for (index_t j = 0; j < n + W; j += W) store(j, squares_of(j));
    // Squares below that have lost digits: what is left counts as zero.
    const T least = std::max(std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon(), floor * floor);
    for (rank_ = 0; rank_ < n && advance(least); ++rank_) {
    }
  }

  // How many columns there are but for what is zero or vanishes.
  index_t rank() const { return rank_; }
  // Column j of A P is that column of A.
  index_t source(index_t j) const { return order_[j]; }
  T diagonal(index_t k) const { return numbers_[x_.count + W + k]; }

  // y <- Q y for columns as long as those of x, of a number that is a multiple of W.
  void apply(const WholeColumns<T>& y) const {
    for (index_t k = rank_; k-- > 0;) {
      for (index_t j = 0; j < y.count; j += W) reflect_several<T>(vector(k), scale(k), k / W, y.length, y[j], Mask{});
    }
  }

 private:
  Vec* vector(index_t k) const { return memory_.data() + (keep_ ? k * x_.length : 0); }
  T& scale(index_t k) const { return numbers_[2 * (x_.count + W) + k]; }
  void store(index_t j, Vec values) const { Simd<T>::store(numbers_.data() + std::min(j, x_.count), values); }

  Vec squares_of(index_t j) const {
    Vec sums[W] = {};
    j = std::min(j, x_.count);
    for (index_t e = 0; e < x_.length; ++e) {
      for (index_t c = 0; c < W; ++c) sums[c] += x_[j + c][e] * x_[j + c][e];
    }
    return lane_sums<T>(sums);
  }

  bool advance(T least) {
    const index_t k = rank_, n = x_.count, first = k / W, length = x_.length;
    T* const squares = numbers_.data();
    const index_t best = std::max_element(squares + k, squares + n) - squares;
    if (!(squares[best] > least)) return false;
    if (k > 0 && squares[best] <= noise_ * noise_ * static_cast<T>(k) * diagonal(0) * diagonal(0)) return false;
    if (best != k) {
      std::swap_ranges(x_[k], x_[k] + length, x_[best]);
      std::swap(order_[k], order_[best]);
      std::swap(squares[k], squares[best]);
    }
    Vec* const v = vector(k);
    Mask below{};
    for (index_t i = 0; i < W; ++i) below[i] = i > k % W ? -1 : 0;
    v[first] = below ? x_[k][first] : Vec{};
    std::copy(x_[k] + first + 1, x_[k] + length, v + first + 1);
    const Reflection<T> h = reflection(x_.at(k, k), std::sqrt(squares[k]));
    reinterpret_cast<T*>(v)[k] = h.head;
    numbers_[n + W + k] = h.beta;
    scale(k) = h.scale;
    for (index_t j = k + 1; j < n; j += W) {
      const Vec rest = reflect_several<T>(v, h.scale, first, length, x_[j], below);
      if (j + W <= n) {
        Simd<T>::store(squares + j, rest);
      } else {
        for (index_t c = 0; j + c < n; ++c) squares[j + c] = rest[c];
      }
    }
    return true;
  }

  WholeColumns<T> x_;
  T noise_;
  Buffer<Vec> memory_;
  Buffer<T> numbers_;  // squares of what is left of the columns, the diagonal, the scales of the reflections
  Buffer<index_t> order_;
  bool keep_;
  index_t rank_ = 0;
};

}  // namespace mmlcore
