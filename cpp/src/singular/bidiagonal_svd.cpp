#include "mmlcore/singular/bidiagonal_svd.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/lane_arithmetic.hpp"
#include "mmlcore/eigen/divide_and_conquer.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/orthogonal/blocked_qr.hpp"
#include "mmlcore/singular/jacobi_svd.hpp"
#include "mmlcore/singular/twisted_svd.hpp"
#include "rotate_rounds.hpp"
#include "whole_columns.hpp"

namespace mmlcore {
namespace {

// Values below that beside the largest are found in the complement of the vectors of the others.
constexpr double kLarge = 1e-2;

template <class T>
T square_of(const typename Simd<T>::Vec* column, index_t length) {
  typename Simd<T>::Vec sum{};
  for (index_t i = 0; i < length; ++i) sum += column[i] * column[i];
  return lane_sum<T>(sum);
}

// The last columns of x = B y and y: their own decomposition.
template <class T>
class SmallValues {
 public:
  using Columns = WholeColumns<T>;

  // Takes columns `from` ... out of x and y: the next two become zeros.
  SmallValues(const Columns& x, const Columns& y, index_t from)
      : count_(x.count - from), length_(x.length), columns_(2 * count_ * length_) {
    std::copy(x[from], x[x.count], columns_.data());
    std::copy(y[from], y[x.count], columns_.data() + count_ * length_);
    for (const Columns* all : {&x, &y}) std::fill((*all)[from], (*all)[from + 2], typename Simd<T>::Vec{});
  }

  // In the complement C of the first `from` columns of x, which are orthonormal: C'X = U S Z' gives x <- C U, y <- y Z. What
  // is shorter than `noise` vanishes, and its x complete the set.
  bool find(const Columns& x, const Columns& y, index_t from, T noise, T* values) const {
    using View = MatrixView<T>;
    const index_t n = x.count, r = count_;
    index_t some = r;
    while (some > 0 && square_of<T>(columns_.data() + (some - 1) * length_, length_) <= noise * noise) --some;
    Buffer<T> memory(n * r + 2 * r * some + some * some);
    const View rest = c_order(memory.data(), n, r), image = c_order(rest.data + n * r, r, some),
               left = c_order(image.data + r * some, r, some), right = c_order(left.data + r * some, some, some);
    complement(x, from, rest);
    product<T>(rest.transposed(), entries(columns_.data(), n, some), image);
    Buffer<double> found(r);
    std::fill(found.begin(), found.end(), 0.0);
    int power = 0;
    if (some > 0 && !jacobi_svd<T>(image, found.data(), &power, &left, &right, noise / 2)) return false;
    product<T>(rest, left, entries(x[from], n, some));
    product<T>(entries(columns_.data() + r * length_, n, some), right, entries(y[from], n, some));
    std::copy(columns_.data() + (r + some) * length_, columns_.data() + 2 * r * length_, y[from + some]);
    if (some < r) complement(x, from + some, entries(x[from + some], n, r - some));
    for (index_t j = 0; j < r; ++j) values[from + j] = static_cast<T>(std::ldexp(found[j], power));
    return true;
  }

 private:
  using Vec = typename Simd<T>::Vec;

  MatrixView<T> entries(Vec* data, index_t rows, index_t columns) const {
    return {reinterpret_cast<T*>(data), rows, columns, 1, length_ * Simd<T>::width};
  }
  // An orthonormal basis of what is orthogonal to the first columns of x.
  static void complement(const Columns& x, index_t known, const MatrixView<T>& to) {
    for (index_t j = 0; known == 0 && j < to.cols; ++j) {
      for (index_t i = 0; i < to.rows; ++i) to(i, j) = T(i == j);
    }
    if (known == 0) return;
    const index_t n = to.rows, ld = padded_stride<T>(n);
    Buffer<T> memory(ld * known);
    const MatrixView<T> all = f_order(memory.data(), n, known, ld);
    for (index_t j = 0; j < known; ++j) std::copy(&x.at(0, j), &x.at(0, j) + n, &all(0, j));
    blocked_complement<T>(all, to);
  }

  const index_t count_, length_;
  Buffer<Vec> columns_;
};

template <class T>
class Problem {
 public:
  using S = Simd<T>;
  using Vec = typename S::Vec;
  using Columns = WholeColumns<T>;
  static constexpr index_t W = S::width;

  Problem(index_t n, const T* d, const T* e)
      : n_(n),
        stride_(padded_rows<T>(n)),
        square_(rows_held(n) * stride_),
        numbers_(4 * stride_),
        order_(n),
        columns_(2 * (n + 2) * vectors_of<T>(n)),
        x_{columns_.data(), n, vectors_of<T>(n)},
        y_{x_[n + 2], n, x_.length} {
    for (index_t i = 0; i < n; ++i) most_ = std::max({most_, std::abs(d[i]), i + 1 < n ? std::abs(e[i]) : T{0}});
    std::frexp(most_, &power_);
    std::fill(numbers_.begin(), numbers_.end(), T{0});
    for (index_t i = 0; i < n; ++i) {
      diagonal()[i] = std::ldexp(d[i], -power_);
      if (i + 1 < n) behind()[i] = std::ldexp(e[i], -power_);
    }
  }

  bool run() {
    if (!right_vectors()) return false;
    const index_t large = count_large();
    std::optional<SmallValues<T>> rest;
    if (large < n_) rest.emplace(x_, y_, large);
    const Columns x{x_.data, large, x_.length}, y{y_.data, large, y_.length};
    Buffer<T> squares(n_), bounds(large);
    bound_products(x, y, bounds.data());
    if (large > 0 && !RotateRounds<T>(x, &y, squares.data(), T{0}, bounds.data()).run(true)) return false;
    for (index_t j = 0; j < large; ++j) {
      lengths()[j] = std::sqrt(squares[j]);
      for (index_t i = 0; i < x_.length; ++i) x_[j][i] *= 1 / lengths()[j];
    }
    if (rest && !rest->find(x_, y_, large, noise(), lengths())) return false;
    std::iota(order_.begin(), order_.end(), index_t{0});
    std::stable_sort(order_.begin(), order_.end(), [this](index_t i, index_t j) { return lengths()[i] > lengths()[j]; });
    return true;
  }

  void write(double* values, const MatrixView<T>& left, const MatrixView<T>& right) const {
    for (index_t j = 0; j < n_; ++j) {
      const index_t from = order_[j];
      values[j] = std::ldexp(static_cast<double>(lengths()[from]), power_);
      for (index_t i = 0; i < n_; ++i) {
        left(i, j) = x_.at(i, from);
        right(i, j) = y_.at(i, from);
      }
    }
  }

 private:
  T* diagonal() const { return numbers_.data(); }
  T* behind() const { return numbers_.data() + stride_; }
  T* lengths() const { return numbers_.data() + 2 * stride_; }

  T noise() const { return 2 * std::sqrt(static_cast<T>(n_)) * std::numeric_limits<T>::epsilon(); }

  // How many of the first columns of B y are long.
  index_t count_large() const {
    index_t large = n_;
    T most = 0;
    for (index_t j = 0; j < n_; ++j) {
      Vec sum{};
      for (index_t i = 0; i < x_.length; ++i) sum += x_[j][i] * x_[j][i];
      const T length = std::sqrt(lane_sum<T>(sum));
      most = std::max(most, length);
      if (large == n_ && !(length > T(kLarge) * most)) large = j;
    }
    return large;
  }

  // With r = B'x_j - |x_j|^2 y_j: x_i'x_j = y_i'r up to rounding in x_i and what y_i'y_j is not 0.
  void bound_products(const Columns& x, const Columns& y, T* bounds) const {
    Buffer<Vec> memory(x.length);
    std::fill(memory.begin(), memory.end(), Vec{});
    T* __restrict const rest = reinterpret_cast<T*>(memory.data());
    const T *const d = diagonal(), *const e = behind();
    T most = 0;
    for (index_t j = 0; j < x.count; ++j) {
      const T square = square_of<T>(x[j], x.length), length = std::sqrt(square);
      most = std::max(most, length);
      const T *const own = &x.at(0, j), *const turned = &y.at(0, j);
      rest[0] = d[0] * own[0] - square * turned[0];
      for (index_t i = 1; i < n_; ++i) rest[i] = d[i] * own[i] + e[i - 1] * own[i - 1] - square * turned[i];
      bounds[j] = std::sqrt(square_of<T>(memory.data(), x.length)) + 2 * std::numeric_limits<T>::epsilon() * most * length;
    }
  }

  // y: the eigenvectors of B'B, those of the largest values first; x: B y.
  bool right_vectors() {
    Buffer<T> memory(3 * square_);
    const PaddedRows<T> v{memory.data(), stride_};
    T *const own = lengths(), *const beside = own + stride_;
    for (index_t i = 0; i < n_; ++i) {
      const T before = i > 0 ? behind()[i - 1] : T{0};
      own[i] = diagonal()[i] * diagonal()[i] + before * before;
      beside[i] = diagonal()[i] * behind()[i];
    }
    if (!divide_and_conquer<T>(n_, own, beside, order_.data(),
                               {v, {memory.data() + square_, stride_}, {memory.data() + 2 * square_, stride_}}))
      return false;
    Buffer<index_t> places(n_);
    for (index_t j = 0; j < n_; ++j) places[order_[j]] = n_ - 1 - j;
    Columns{x_.data, 2 * (n_ + 2), x_.length}.clear();
    for (index_t i = 0; i < n_; i += W) {
      for (index_t j = 0; j < n_; j += W) {
        Vec image[W] = {}, tile[W] = {};
        for (index_t t = 0; t < std::min(W, n_ - i); ++t) {
          tile[t] = S::load(v.row(i + t) + j);
          image[t] = diagonal()[i + t] * tile[t];
          if (i + t + 1 < n_) image[t] += behind()[i + t] * S::load(v.row(i + t + 1) + j);
        }
        transpose<T>(tile);
        transpose<T>(image);
        for (index_t t = 0; t < std::min(W, n_ - j); ++t) {
          x_[places[j + t]][i / W] = image[t];
          y_[places[j + t]][i / W] = tile[t];
        }
      }
    }
    return true;
  }

  const index_t n_, stride_, square_;
  int power_ = 0;  // of two, taken out
  T most_ = 0;
  Buffer<T> numbers_;
  Buffer<index_t> order_;
  Buffer<Vec> columns_;
  const Columns x_, y_;  // each followed by two columns of zeros
};

}  // namespace

template <class T>
bool bidiagonal_svd(index_t n, const T* d, const T* e, double* values, const MatrixView<T>& left,
                    const MatrixView<T>& right) {
  if (twisted_svd<T>(n, d, e, values, left, right)) return true;
  Problem<T> problem(n, d, e);
  if (!problem.run()) return false;
  problem.write(values, left, right);
  return true;
}

template bool bidiagonal_svd<float>(index_t, const float*, const float*, double*, const MatrixView<float>&,
                                    const MatrixView<float>&);
template bool bidiagonal_svd<double>(index_t, const double*, const double*, double*, const MatrixView<double>&,
                                     const MatrixView<double>&);

}  // namespace mmlcore
