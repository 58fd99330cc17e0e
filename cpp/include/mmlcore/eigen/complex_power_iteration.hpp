// The dominant eigenpair of a complex matrix by repeated multiplication, as power_iteration.hpp has it for real ones:
// v <- A v / |A v|, value = v* A v, until |A v - value v| <= tol |value|. A value that is alone in its size may be any
// complex number: v then turns by its phase each step, which the residual does not see.
//
// Real and imaginary parts lie apart, as rows of real matrices and as halves of vectors,
//
//   A v = (R x - S y) + i (S x + R y)   with A = R + i S, v = x + i y,
//
// so that every sum is an inner product of contiguous real vectors, in whole registers, and a row is read once for its four.
// Cost: 8 n^2 operations a product, and n^2 numbers of memory.
#pragma once

#include <cmath>
#include <complex>
#include <cstdint>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/interrupt.hpp"
#include "mmlcore/core/numbers.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/views.hpp"
#include "mmlcore/eigen/power_iteration.hpp"

namespace mmlcore {

// Rows of A: n real parts, then n imaginary ones; v and image: the same.
template <Real T>
void product_of_parts(const T* a, index_t n, const T* v, T* image) {
  const auto rows = [=](index_t first, index_t last) {
    for (index_t i = first; i < last; ++i) {
      const T *const real = a + 2 * i * n, *const imag = real + n;
      image[i] = dot(real, v, n) - dot(imag, v + n, n);
      image[n + i] = dot(imag, v, n) + dot(real, v + n, n);
    }
  };
  const index_t grain = (index_t{1} << 15) / n + 1;
  if (n <= grain) return rows(0, n);
  parallel_ranges(n, grain, rows);
}

// `v`, 2 n numbers, comes as the first vector, of length 1, and leaves as the last; `image` for as many.
template <Real T>
void power_iteration_of_parts(const T* a, index_t n, T* v, T* image, double tol, index_t max_iter, std::complex<T>& value,
                              double& residual, std::int64_t& iterations) {
  const index_t poll = index_t{1} + (index_t{1} << 22) / (n * n);  // some milliseconds
  for (index_t step = 1; step <= max_iter; ++step) {
    if (step % poll == 0) poll_interrupt();
    product_of_parts(a, n, v, image);
    const T real = dot(v, image, 2 * n), imag = dot(v, image + n, n) - dot(v + n, image, n);
    const T square = dot(image, image, 2 * n);
    T gap = 0;
    for (index_t i = 0; i < n; ++i) {
      const T x = image[i] - (real * v[i] - imag * v[n + i]), y = image[n + i] - (real * v[n + i] + imag * v[i]);
      gap += x * x + y * y;
    }
    value = {real, imag};
    iterations = step;
    const T size = std::sqrt(real * real + imag * imag);
    residual = size != 0 ? static_cast<double>(std::sqrt(gap) / size) : square == 0 ? 0.0 : HUGE_VAL;
    if (!(residual > tol) || square == 0 || step == max_iter) break;
    const T scale = std::sqrt(square);
    for (index_t i = 0; i < 2 * n; ++i) v[i] = image[i] / scale;
  }
}

// All items of a stack. vectors: (count x n), first ones that leave as last ones.
template <Complex T>
void power_iterations(const MatrixBatch<const T>& a, T* vectors, const DominantPairs<T>& to, double tol, index_t max_iter) {
  using R = RealPart<T>;
  const index_t n = a.item.rows;
  parallel_ranges(a.count(), 1000 / (n * n + 1) + 1, [&](index_t begin, index_t end) {
    Buffer<R> memory(2 * n * n + 4 * n);
    R *const rows = memory.data(), *const v = rows + 2 * n * n, *const image = v + 2 * n;
    for (index_t item = begin; item < end; ++item) {
      const MatrixView<const T> from = a[item];
      T* const own = vectors + item * n;
      for (index_t i = 0; i < n; ++i) {
        for (index_t j = 0; j < n; ++j) {
          rows[2 * i * n + j] = from(i, j).real();
          rows[(2 * i + 1) * n + j] = from(i, j).imag();
        }
        v[i] = own[i].real();
        v[n + i] = own[i].imag();
      }
      power_iteration_of_parts<R>(rows, n, v, image, tol, max_iter, to.value[item], to.residual[item], to.iterations[item]);
      for (index_t i = 0; i < n; ++i) own[i] = {v[i], v[n + i]};
    }
  });
}

}  // namespace mmlcore
