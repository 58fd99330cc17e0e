// Mean and covariance of A x + b from those of x (Deisenroth, Faisal, Ong, "Mathematics for Machine Learning", 2020,
// equations 6.50 and 6.51): A m + b, and A S A', which is made symmetric to the last bit.
#pragma once

#include <algorithm>
#include <cmath>

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
  T check = 0, largest = 0, gap = 0;
  for (index_t i = 0; i < s.rows; ++i) {
    for (index_t j = 0; j < s.cols; ++j) {
      check += s(i, j) * 0;
      largest = std::max(largest, std::abs(s(i, j)));
      gap = std::max(gap, std::abs(s(i, j) - s(j, i)));
    }
  }
  if (check != 0 || !(gap <= kAsymmetry * largest)) return false;
  const MatrixView<T> half = c_order(product, a.rows, a.cols);
  product_single<T>(a, s, half);
  product_single<T>(half, a.transposed(), to);
  for (index_t i = 0; i < to.rows; ++i) {
    for (index_t j = 0; j <= i; ++j) {
      to(i, j) = to(j, i) = (to(i, j) + to(j, i)) / 2;
      check += to(i, j) * 0;
    }
  }
  return check == 0;
}

}  // namespace mmlcore
