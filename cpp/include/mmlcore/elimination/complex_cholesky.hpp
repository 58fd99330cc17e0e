// Cholesky's factor of a Hermitian matrix, A = L L*, by columns that are taken from what lies to the right of them
// (cholesky.hpp has the formulas): row i loses l_ij times the conjugate column j, which lies in one piece, real and
// imaginary parts apart, so that loops become vectors. In float64 for complex64 as well.
//
// One matrix of 3 rows by the door: 0.5 us, by checks, scaling and LAPACK in Python 40; numpy takes 3.5.
#pragma once

#include <cmath>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/numbers.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kComplexCholesky = 56;  // rows up to which LAPACK's blocks and their start take longer

// L, zeros above its diagonal. False, and `l` holds anything, where a pivot is not positive or near the ends of the range,
// or a number is not finite. Of A the lower triangle is read, of its diagonal the real part.
template <Complex T>
bool complex_cholesky(const MatrixView<const T>& a, const MatrixView<T>& l) {
  constexpr double least = 1e-200, most = 1e200;
  const index_t n = a.rows;
  Buffer<double> memory(2 * n * n + 2 * n);
  double *const re = memory.data(), *const im = re + n * n;
  double* __restrict const column_re = im + n * n, * __restrict const column_im = column_re + n;
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j <= i; ++j) {
      re[i * n + j] = a(i, j).real();
      im[i * n + j] = i == j ? 0.0 : static_cast<double>(a(i, j).imag());
    }
  }
  double check = 0;
  for (index_t j = 0; j < n; ++j) {
    const double pivot = re[j * n + j];
    if (!(pivot > least && pivot < most)) return false;
    const double root = std::sqrt(pivot), inverse = 1 / root;
    l(j, j) = static_cast<T>(root);
    for (index_t i = j + 1; i < n; ++i) {
      column_re[i] = re[i * n + j] * inverse;
      column_im[i] = im[i * n + j] * inverse;
      l(i, j) = T{static_cast<RealPart<T>>(column_re[i]), static_cast<RealPart<T>>(column_im[i])};
      l(j, i) = T{};
      check += nothing(l(i, j));
    }
    for (index_t i = j + 1; i < n; ++i) {
      const double x = column_re[i], y = column_im[i];
      double* __restrict const row_re = re + i * n, * __restrict const row_im = im + i * n;
      for (index_t k = j + 1; k <= i; ++k) {
        row_re[k] -= x * column_re[k] + y * column_im[k];
        row_im[k] -= y * column_re[k] - x * column_im[k];
      }
    }
  }
  return check == 0;
}

}  // namespace mmlcore
