#include "mmlcore/singular/bidiagonal_values.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/finite.hpp"
#include "mmlcore/core/lane_arithmetic.hpp"
#include "mmlcore/core/scaled_copy.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/orthogonal/reflector.hpp"
#include "mmlcore/orthogonal/tall_triangle.hpp"
#include "mmlcore/singular/dqds.hpp"

namespace mmlcore {
namespace {

constexpr index_t kTallRatio = 2;  // times as many rows as columns, beyond which R alone is reduced

// The bidiagonal form of a matrix of at least as many rows as columns, whose rows are whole vectors long, with zeros behind.
// So are the vectors, which are zero where a step does not reach.
class Reducer {
  using S = Simd<double>;
  using Vec = S::Vec;
  static constexpr index_t W = S::width;

 public:
  explicit Reducer(MatrixView<double> a)
      : a_(a),
        length_(whole_vectors<double>(a.cols)),
        memory_(2 * whole_vectors<double>(a.rows + 4) + 2 * length_),
        u_(memory_.data()),
        x_(u_ + whole_vectors<double>(a.rows + 4)),
        y_(x_ + whole_vectors<double>(a.rows + 4)),
        v_(y_ + length_) {
    std::fill(memory_.begin(), memory_.end(), 0.0);
  }

  void run(double* d, double* e) {
    const index_t m = a_.rows, n = a_.cols;
    for (index_t k = 0; k < n; ++k) {
      for (index_t i = k; i < m; ++i) u_[i] = a_(i, k) - x_[i] * v_[k];
      double tau = reflector(u_[k], u_ + k + 1, m - k - 1, u_ + k + 1);
      d[k] = std::exchange(u_[k], 1.0);
      if (k + 1 == n) return;
      from_left(k, tau);
      double* const row = a_.data + k * a_.row_stride;
      for (index_t j = k + 1; j < n; ++j) v_[j] = row[j] - y_[j];
      v_[k] = 0;
      tau = reflector(v_[k + 1], v_ + k + 2, n - k - 2, v_ + k + 2);
      e[k] = std::exchange(v_[k + 1], 1.0);
      from_right(k + 1, tau);
    }
  }

 private:
  // A -= x v', y = tau A'u, of rows from k on and columns behind k.
  void from_left(index_t k, double tau) {
    constexpr index_t most = 4;
    for (index_t j = (k + 1) / W * W; j < length_;) {
      const index_t vectors = std::min(most, (length_ - j) / W);
      switch (vectors) {
        case 1:
          columns<1>(k, j, tau);
          break;
        case 2:
          columns<2>(k, j, tau);
          break;
        case 3:
          columns<3>(k, j, tau);
          break;
        default:
          columns<most>(k, j, tau);
      }
      j += vectors * W;
    }
    for (index_t j = (k + 1) / W * W; j <= k; ++j) y_[j] = 0;
  }
  template <index_t V>
  void columns(index_t k, index_t j, double tau) {
    Vec sums[V] = {}, v[V];
    for (index_t c = 0; c < V; ++c) v[c] = S::load(v_ + j + c * W);
    double* row = a_.data + k * a_.row_stride + j;
    for (index_t i = k; i < a_.rows; ++i, row += a_.row_stride) {
      const Vec x = S::splat(x_[i]), u = S::splat(u_[i]);
#pragma GCC unroll 4
      for (index_t c = 0; c < V; ++c) {
        const Vec now = S::load(row + c * W) - x * v[c];
        S::store(row + c * W, now);
        sums[c] += u * now;
      }
    }
    for (index_t c = 0; c < V; ++c) S::store(y_ + j + c * W, tau * sums[c]);
  }

  // A -= u y', x = tau A v, of rows and columns from k on, four rows at a time.
  void from_right(index_t k, double tau) {
    constexpr index_t rows = 4;
    index_t i = k;
    for (; i + rows <= a_.rows; i += rows) some_rows<rows>(i, k / W * W, tau);
    for (; i < a_.rows; ++i) some_rows<1>(i, k / W * W, tau);
  }
  template <index_t R>
  void some_rows(index_t i, index_t from, double tau) {
    Vec sums[R] = {}, u[R];
    double* row[R];
    for (index_t r = 0; r < R; ++r) {
      u[r] = S::splat(u_[i + r]);
      row[r] = a_.data + (i + r) * a_.row_stride;
    }
    for (index_t j = from; j < length_; j += W) {
      const Vec y = S::load(y_ + j), v = S::load(v_ + j);
#pragma GCC unroll 4
      for (index_t r = 0; r < R; ++r) {
        const Vec now = S::load(row[r] + j) - u[r] * y;
        S::store(row[r] + j, now);
        sums[r] += now * v;
      }
    }
    for (index_t r = 0; r < R; ++r) x_[i + r] = tau * lane_sum<double>(sums[r]);
  }

  const MatrixView<double> a_;
  const index_t length_;
  const Buffer<double> memory_;
  double *const u_, *const x_, *const y_, *const v_;
};

}  // namespace

template <Number T>
bool rows_and_columns_alike(MatrixView<const T> a) {
  using R = RealPart<T>;
  constexpr R apart = 16;
  Buffer<R> columns(a.cols);
  std::fill(columns.begin(), columns.end(), R{0});
  R shortest = std::numeric_limits<R>::infinity(), longest = 0;
  const auto add = [&](R size) {
    shortest = std::min(shortest, size);
    longest = std::max(longest, size);
  };
  for (index_t i = 0; i < a.rows; ++i) {
    R size = 0;
    for (index_t j = 0; j < a.cols; ++j) {
      const R entry = largest_part(a(i, j));
      size = std::max(size, entry);
      columns[j] = std::max(columns[j], entry);
    }
    add(size);
  }
  if (!(shortest > longest / apart)) return false;
  shortest = longest;
  for (const R size : columns) add(size);
  return shortest > longest / apart;
}

template <class T>
bool bidiagonal_values(MatrixView<const T> a, double* values, int* power) {
  if (a.rows < a.cols) a = a.transposed();
  const index_t m = a.rows, n = a.cols, stride = padded_stride<double>(n);
  const double most = static_cast<double>(largest_size(a));
  if (!std::isfinite(most)) return false;
  std::frexp(most, power);
  Buffer<double> memory((m > kTallRatio * n ? n : m) * stride);
  MatrixView<double> own{memory.data(), m, n, stride, 1};
  if (m > kTallRatio * n) {
    own.rows = n;
    tall_triangle<T>(a, *power, own);
  } else {
    scaled_copy<T>(a, *power, own);
  }
  for (index_t i = 0; i < own.rows; ++i) std::fill(&own(i, 0) + n, &own(i, 0) + stride, 0.0);

  Buffer<double> numbers(6 * n);
  double *const diagonal = numbers.data(), *const beside = diagonal + n;
  Reducer(own).run(diagonal, beside);
  return dqds(n, diagonal, beside, values, beside + n);
}

template bool rows_and_columns_alike<float>(MatrixView<const float>);
template bool rows_and_columns_alike<double>(MatrixView<const double>);
template bool rows_and_columns_alike<std::complex<float>>(MatrixView<const std::complex<float>>);
template bool rows_and_columns_alike<std::complex<double>>(MatrixView<const std::complex<double>>);
template bool bidiagonal_values<float>(MatrixView<const float>, double*, int*);
template bool bidiagonal_values<double>(MatrixView<const double>, double*, int*);

}  // namespace mmlcore
