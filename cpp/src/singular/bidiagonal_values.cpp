#include "mmlcore/singular/bidiagonal_values.hpp"

#include <algorithm>
#include <cmath>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/finite.hpp"
#include "mmlcore/core/lane_algebra.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/eigen/divide_and_conquer.hpp"
#include "mmlcore/eigen/reduction.hpp"
#include "mmlcore/matrices/matrix_vector.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/orthogonal/reflector.hpp"

namespace mmlcore {
namespace {

constexpr index_t kPanel = 8;

// The bidiagonal form of a matrix of at least as many rows as columns, in rows.
class Reducer {
 public:
  explicit Reducer(MatrixView<double> a)
      : a_(a), left_(2 * kPanel * a.rows), right_(2 * kPanel * a.cols), shares_(2 * kPanel) {}

  void run(double* d, double* e) {
    const index_t n = a_.cols;
    for (index_t k = 0; k < n; ++k) {
      d[k] = reflect_column(k);
      if (k + 1 < n) e[k] = reflect_row(k);
      held_ += 2;
      if (held_ == 2 * kPanel) apply(k + 1);
    }
  }

 private:
  // Rows u_0, x_0, u_1, x_1, ... and y_0, v_0, y_1, v_1, ...: A is what it was minus L'R.
  double* left(index_t i, index_t from) const { return left_.data() + i * a_.rows + from; }
  double* right(index_t i, index_t from) const { return right_.data() + i * a_.cols + from; }
  MatrixView<const double> lefts(index_t count, index_t from) const {
    return {left(0, from), count, a_.rows - from, a_.rows, 1};
  }
  MatrixView<const double> rights(index_t count, index_t from) const {
    return {right(0, from), count, a_.cols - from, a_.cols, 1};
  }

  // x -= rows' factors, for `rows` of the held ones, whose factors are `apart` from one another: four at a time.
  static void take_off(const MatrixView<const double>& rows, const double* factors, index_t apart, double* x) {
    using S = Simd<double>;
    index_t i = 0;
    for (; i + 4 <= rows.rows; i += 4) {
      const double *r0 = rows.row(i).data, *r1 = r0 + rows.row_stride, *r2 = r1 + rows.row_stride,
                   *r3 = r2 + rows.row_stride;
      const double f0 = factors[i * apart], f1 = factors[(i + 1) * apart], f2 = factors[(i + 2) * apart],
                   f3 = factors[(i + 3) * apart];
      index_t j = 0;
      for (; j + S::width <= rows.cols; j += S::width) {
        S::store(x + j, S::load(x + j) -
                            ((S::load(r0 + j) * f0 + S::load(r1 + j) * f1) + (S::load(r2 + j) * f2 + S::load(r3 + j) * f3)));
      }
      for (; j < rows.cols; ++j) x[j] -= (r0[j] * f0 + r1[j] * f1) + (r2[j] * f2 + r3[j] * f3);
    }
    for (; i < rows.rows; ++i) axpy(-factors[i * apart], rows.row(i).data, x, rows.cols);
  }

  // Column k becomes d_k, and u and y = tau A'u the next to hold.
  double reflect_column(index_t k) {
    const index_t m = a_.rows - k, n = a_.cols - k - 1;
    double* const u = left(held_, k);
    for (index_t i = 0; i < m; ++i) u[i] = a_(k + i, k);
    take_off(lefts(held_, k), right(0, k), a_.cols, u);
    const double tau = reflector(u[0], u + 1, m - 1, u + 1), d = std::exchange(u[0], 1.0);
    double* const y = right(held_, k + 1);
    const auto below = MatrixView<const double>(a_).block(k, k + 1, m, n);
    if (n == 0) return d;
    matrix_vector<double>(below.transposed(), {u, m, 1}, {y, n, 1});
    if (held_ > 0) {
      matrix_vector<double>(lefts(held_, k), {u, m, 1}, {shares_.data(), held_, 1});
      take_off(rights(held_, k + 1), shares_.data(), 1, y);
    }
    for (index_t j = 0; j < n; ++j) y[j] *= tau;
    return d;
  }

  // What is left of row k becomes e_k, and x = tau A v and v the next to hold.
  double reflect_row(index_t k) {
    const index_t m = a_.rows - k - 1, n = a_.cols - k - 1, held = held_ + 1;
    double* const v = right(held, k + 1);
    std::copy_n(&a_(k, k + 1), n, v);
    take_off(rights(held, k + 1), left(0, k), a_.rows, v);
    const double tau = reflector(v[0], v + 1, n - 1, v + 1), e = std::exchange(v[0], 1.0);
    double* const x = left(held, k + 1);
    if (m == 0) return e;
    matrix_vector<double>(MatrixView<const double>(a_).block(k + 1, k + 1, m, n), {v, n, 1}, {x, m, 1});
    matrix_vector<double>(rights(held, k + 1), {v, n, 1}, {shares_.data(), held, 1});
    take_off(lefts(held, k + 1), shares_.data(), 1, x);
    for (index_t i = 0; i < m; ++i) x[i] *= tau;
    return e;
  }

  // Takes what is held off the rows and columns from `k` on.
  void apply(index_t k) {
    const index_t m = a_.rows - k, n = a_.cols - k;
    if (m > 0 && n > 0) product_serial<double>(lefts(held_, k).transposed(), rights(held_, k), a_.block(k, k, m, n), -1, 1);
    held_ = 0;
  }

  const MatrixView<double> a_;
  const Buffer<double> left_, right_, shares_;
  index_t held_ = 0;
};

}  // namespace

template <class T>
bool bidiagonal_values(MatrixView<const T> a, double* values, int* power) {
  if (a.rows < a.cols) a = a.transposed();
  const index_t m = a.rows, n = a.cols, stride = padded_stride<double>(n);
  const double most = static_cast<double>(largest_size(a));
  if (!std::isfinite(most)) return false;
  std::frexp(most, power);
  Buffer<double> memory(m * stride);
  const MatrixView<double> own{memory.data(), m, n, stride, 1};
  const double half = std::ldexp(1.0, -(*power / 2)), rest = std::ldexp(1.0, -(*power - *power / 2));
  if constexpr (sizeof(T) == sizeof(double)) {
    copy<double>(a, own);
  } else {
    for (index_t i = 0; i < m; ++i) {
      for (index_t j = 0; j < n; ++j) own(i, j) = a(i, j);
    }
  }
  for (index_t i = 0; i < m; ++i) {
    for (index_t j = 0; j < n; ++j) own(i, j) = own(i, j) * half * rest;
  }

  // Entries of size 1 at most, as divide and conquer wants them.
  const index_t size = 2 * n, row = padded_rows<double>(size);
  Buffer<double> numbers(2 * row + 2 * n + rows_held(size) * row);
  double *const d = numbers.data(), *const e = d + row, *const diagonal = e + row, *const beside = diagonal + n;
  Reducer(own).run(diagonal, beside);
  double top = 0;
  for (index_t k = 0; k < n; ++k) top = std::max({top, std::abs(diagonal[k]), k + 1 < n ? std::abs(beside[k]) : 0.0});
  std::fill_n(d, size, 0.0);
  std::fill_n(e, size, 0.0);
  if (top > 0) {
    for (index_t k = 0; k < n; ++k) {
      e[2 * k] = diagonal[k] / top;
      if (k + 1 < n) e[2 * k + 1] = beside[k] / top;
    }
    Buffer<index_t> order(size);
    if (!divide_and_conquer_values<double>(size, d, e, order.data(), {beside + n, row})) return false;
    for (index_t k = 0; k < n; ++k) values[k] = top * std::max(0.0, d[order[size - 1 - k]]);
  } else {
    std::fill_n(values, n, 0.0);
  }
  return true;
}

template bool bidiagonal_values<float>(MatrixView<const float>, double*, int*);
template bool bidiagonal_values<double>(MatrixView<const double>, double*, int*);

}  // namespace mmlcore
