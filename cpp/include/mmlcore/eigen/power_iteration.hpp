// The dominant eigenpair of a matrix by repeated multiplication: v <- A v / |A v|, value = v' A v, until the residual
// |A v - value v| is at most tol |value| (B. N. Parlett, "The symmetric eigenvalue problem", 1998, chapter 4). The residual
// certifies the pair; the error falls by the ratio of the second eigenvalue to the first a step.
//
// For one matrix whose squares, and those of its products, stay in the range.
#pragma once

#include <cmath>

#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/interrupt.hpp"
#include "mmlcore/core/views.hpp"
#include "mmlcore/matrices/matrix_vector.hpp"

namespace mmlcore {

template <Real T>
struct DominantPair {
  T value = 0;
  double residual = 0;
  index_t iterations = 0;
  bool converged = false;
};

// `v` comes as the first vector, of length 1, and leaves as the last; a in rows, `image` for n numbers.
template <Real T>
DominantPair<T> power_iteration(MatrixView<const T> a, T* v, T* image, double tol, index_t max_iter) {
  const index_t n = a.rows;
  const index_t poll = index_t{1} + (index_t{1} << 24) / (n * n);  // some milliseconds
  DominantPair<T> found;
  for (index_t step = 1; step <= max_iter; ++step) {
    if (step % poll == 0) poll_interrupt();
    matrix_vector<T>(a, {v, n, 1}, {image, n, 1});
    const T value = dot(v, image, n), square = dot(image, image, n);
    T gap = 0;
    for (index_t i = 0; i < n; ++i) gap += (image[i] - value * v[i]) * (image[i] - value * v[i]);
    found.value = value;
    found.iterations = step;
    found.residual = value != 0 ? std::sqrt(gap) / std::abs(value) : square == 0 ? 0.0 : HUGE_VAL;
    found.converged = found.residual <= tol;
    if (!(found.residual > tol) || square == 0 || step == max_iter) break;
    const T size = std::sqrt(square);
    for (index_t i = 0; i < n; ++i) v[i] = image[i] / size;
  }
  return found;
}

}  // namespace mmlcore
