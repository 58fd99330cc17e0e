// Mean and covariance of A x + b from those of x (Deisenroth, Faisal, Ong, "Mathematics for Machine Learning", 2020,
// equations 6.50 and 6.51): A m + b, and A S A', which is made symmetric to the last bit.
#pragma once

#include <algorithm>
#include <cmath>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/finite.hpp"
#include "mmlcore/core/views.hpp"
#include "mmlcore/matrices/product_small.hpp"

namespace mmlcore {

// False where a number is not finite.
template <Real T>
bool affine_mean(VectorView<const T> mean, MatrixView<const T> a, VectorView<const T> shift, T* to) {
  T check = 0;
  for (index_t i = 0; i < a.rows; ++i) {
    T sum = 0;
    for (index_t j = 0; j < a.cols; ++j) {
      check += a(i, j) * 0 + mean[j] * 0;
      sum += a(i, j) * mean[j];
    }
    to[i] = sum + shift[i];
    check += to[i] * 0;
  }
  return check == 0;
}

// `to` in rows, `product` for m d numbers. False where S is not symmetric but for a rounding, or a number is not finite.
template <Real T>
bool affine_covariance(MatrixView<const T> s, MatrixView<const T> a, MatrixView<T> to, T* product) {
  constexpr T kAsymmetry = static_cast<T>(1e-5);
  const index_t d = s.rows, m = a.rows;
  // Rows beside columns: the transposed copy reads each cache line once.
  Buffer<T> numbers(std::max(2 * d * d, m * m));
  const MatrixView<T> rows = c_order(numbers.data(), d, d), mirror = c_order(numbers.data() + d * d, d, d);
  copy<T>(s, rows);
  copy<T>(s.transposed(), mirror);
  const T largest = static_cast<T>(largest_size(rows.data, d * d));
  for (index_t i = 0; i < d * d; ++i) mirror.data[i] -= rows.data[i];
  if (!(largest_size(mirror.data, d * d) <= kAsymmetry * largest)) return false;  // NaN, too
  const MatrixView<T> half = c_order(product, a.rows, a.cols);
  product_single<T>(a, s, half);
  product_single<T>(half, a.transposed(), to);
  const MatrixView<T> turned = c_order(numbers.data(), m, m);
  copy<T>(MatrixView<const T>(to).transposed(), turned);
  for (index_t i = 0; i < m; ++i) {
    T* const row = &to(i, 0);
    for (index_t j = 0; j < m; ++j) row[j] = turned.data[i * m + j] = (row[j] + turned.data[i * m + j]) / 2;
  }
  return all_finite(turned.data, m * m);
}

}  // namespace mmlcore
