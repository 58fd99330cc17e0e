#include "mmlcore/eigen/symmetric_pairs.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/lane_arithmetic.hpp"
#include "mmlcore/core/signs.hpp"
#include "mmlcore/eigen/back_transformation.hpp"
#include "mmlcore/eigen/divide_and_conquer.hpp"
#include "mmlcore/eigen/reduction.hpp"
#include "mmlcore/eigen/tridiagonal.hpp"

namespace mmlcore {
namespace {

template <class T>
class Problem {
 public:
  explicit Problem(index_t n, index_t squares)
      : n_(n),
        stride_(padded_rows<T>(n)),
        square_(rows_held(n) * stride_),
        numbers_(4 * stride_ + reduction_scratch<T>(n)),
        order_(n),
        memory_(squares * square_) {}

  // The tridiagonal form; false for NaN and infinity.
  bool reduce_from(const MatrixView<const T>& a) {
    if (!read(a)) return false;
    reduce<T>(n_, square(0), square(1), tau(), d(), e(), numbers_.data() + 4 * stride_);
    return true;
  }

  bool values(T* to) { return divide_and_conquer_values<T>(n_, d(), e(), order_.data(), square(1)) && write_values(to); }

  bool pairs(T* values, const MatrixView<T>& vectors) {
    const PaddedRows<T> z = square(2);
    if (!divide_and_conquer<T>(n_, d(), e(), order_.data(), {z, square(0), square(3)})) return false;
    if (!write_values(values)) return false;
    back_transform<T>(1, n_, {square(1).row(1), stride_}, tau() + 1, z, n_);
    point(z);
    write(z, vectors);
    return true;
  }

  bool largest(index_t k, T* values, const MatrixView<T>& z, double& scale) {
    Tridiagonal form;
    form.n = n_;
    form.diagonal = Buffer<double>(n_);
    form.off = Buffer<double>(n_);
    std::copy_n(d(), n_, form.diagonal.data());
    form.off[0] = 0;
    std::copy_n(e(), n_ - 1, form.off.data() + 1);
    if (!divide_and_conquer_values<T>(n_, d(), e(), order_.data(), square(0))) return false;
    for (index_t j = 0; j < k; ++j) values[j] = d()[order_[n_ - 1 - j]];
    inverse_iteration(form, k, values, z);
    const PaddedRows<T> columns{memory_.data(), padded_rows<T>(k)};  // no longer than a square
    for (index_t i = 0; i < n_; ++i) {
      for (index_t j = 0; j < columns.stride; ++j) columns.row(i)[j] = j < k ? z(j, i) : T{0};
    }
    back_transform<T>(1, n_, {square(1).row(1), stride_}, tau() + 1, columns, k);
    for (index_t j = 0; j < k; ++j) {
      for (index_t i = 0; i < n_; ++i) z(j, i) = columns.row(i)[j];
      values[j] = std::ldexp(values[j], power_);
    }
    scale = std::ldexp(1.0, -power_);
    return std::isfinite(values[0]);
  }

 private:
  using S = Simd<T>;
  using Vec = typename S::Vec;
  static constexpr index_t W = S::width;

  PaddedRows<T> square(index_t i) const { return {memory_.data() + i * square_, stride_}; }
  T* d() const { return numbers_.data(); }
  T* e() const { return d() + stride_; }
  T* tau() const { return e() + stride_; }
  T* spare() const { return tau() + stride_; }

  // The lower triangle, zeros behind it, scaled.
  bool read(const MatrixView<const T>& a) {
    const PaddedRows<T> to = square(0);
    Vec check{}, most{};
    const auto lanes = lane_numbers<T>();
    for (index_t i = 0; i < n_; ++i) {
      T* const row = to.row(i);
      if (a.col_stride == 1) {
        const T* const from = &a(i, 0);
        index_t j = 0;
        for (; j + W <= i + 1; j += W) S::store(row + j, S::load(from + j));
        for (; j <= i; ++j) row[j] = from[j];
      } else {
        for (index_t j = 0; j <= i; ++j) row[j] = a(i, j);
      }
      const index_t last = i / W * W;
      S::store(row + last, lanes <= static_cast<typename S::Int>(i - last) ? S::load(row + last) : Vec{});
      for (index_t j = 0; j <= last; j += W) {
        const Vec x = S::load(row + j), size = S::abs(x);
        check += x * 0;
        most = size > most ? size : most;
      }
    }
    if (lane_sum<T>(check) != 0) return false;  // NaN is not 0
    for (index_t i = n_; i < rows_held(n_); ++i) std::fill_n(to.row(i), stride_, T{0});
    scale(lane_max<T>(most));
    return true;
  }

  void scale(T most) {
    if (most == 0 || (most >= T{0.5} && most < 1)) return;
    std::frexp(most, &power_);
    // In two steps: the whole power may not be a number.
    const Vec half = S::splat(std::ldexp(T{1}, -(power_ / 2))), rest = S::splat(std::ldexp(T{1}, -(power_ - power_ / 2)));
    for (index_t i = 0; i < n_; ++i) {
      T* const row = square(0).row(i);
      for (index_t j = 0; j <= i; j += W) S::store(row + j, S::load(row + j) * half * rest);
    }
  }

  bool write_values(T* to) const {
    const T half = std::ldexp(T{1}, power_ / 2), rest = std::ldexp(T{1}, power_ - power_ / 2);
    for (index_t j = 0; j < n_; ++j) to[j] = d()[order_[j]] * half * rest;
    return std::isfinite(to[0]) && std::isfinite(to[n_ - 1]);
  }

  // The leading entry of each column positive, as point_columns (core/signs.hpp), by whole vectors.
  void point(PaddedRows<T> z) const {
    for (index_t c = 0; c < n_; c += W) {
      Vec most{};
      for (index_t i = 0; i < n_; ++i) {
        const Vec size = S::abs(S::load(z.row(i) + c));
        most = size > most ? size : most;
      }
      const Vec share = most * kLeading<T>;
      Vec leading{};
      for (index_t i = n_; i-- > 0;) {
        const Vec x = S::load(z.row(i) + c);
        leading = S::abs(x) >= share ? x : leading;
      }
      using Mask = typename S::Mask;
      const Mask sign = reinterpret_cast<Mask>(leading) & std::numeric_limits<typename S::Int>::min();
      const Vec even = S::abs(leading) >= most * kEven<T> ? leading : S::splat(std::numeric_limits<T>::quiet_NaN());
      for (index_t i = 0; i < n_; ++i) {
        const Vec x = S::load(z.row(i) + c);
        S::store(z.row(i) + c, x == even ? most : reinterpret_cast<Vec>(reinterpret_cast<Mask>(x) ^ sign));
      }
    }
  }

  void write(PaddedRows<T> z, const MatrixView<T>& to) const {
    bool sorted = to.col_stride == 1;
    for (index_t j = 0; j < n_; ++j) sorted &= order_[j] == j;
    for (index_t i = 0; i < n_; ++i) {
      const T* const row = z.row(i);
      if (sorted) {
        std::copy_n(row, n_, &to(i, 0));
      } else {
        for (index_t j = 0; j < n_; ++j) to(i, j) = row[order_[j]];
      }
    }
  }

  const index_t n_, stride_, square_;
  int power_ = 0;  // of two, taken out
  Buffer<T> numbers_;
  Buffer<index_t> order_;
  Buffer<T> memory_;
};

}  // namespace

template <class T>
bool symmetric_pairs(const MatrixView<const T>& a, T* values, const MatrixView<T>& vectors) {
  Problem<T> problem(a.rows, 4);
  return problem.reduce_from(a) && problem.pairs(values, vectors);
}

template <class T>
bool symmetric_values(const MatrixView<const T>& a, T* values) {
  Problem<T> problem(a.rows, 2);
  return problem.reduce_from(a) && problem.values(values);
}

bool symmetric_largest(const MatrixView<const double>& a, index_t k, double* values, const MatrixView<double>& z,
                       double& scale) {
  Problem<double> problem(a.rows, 2);
  return problem.reduce_from(a) && problem.largest(k, values, z, scale);
}

template bool symmetric_pairs<float>(const MatrixView<const float>&, float*, const MatrixView<float>&);
template bool symmetric_pairs<double>(const MatrixView<const double>&, double*, const MatrixView<double>&);
template bool symmetric_values<float>(const MatrixView<const float>&, float*);
template bool symmetric_values<double>(const MatrixView<const double>&, double*);

}  // namespace mmlcore
