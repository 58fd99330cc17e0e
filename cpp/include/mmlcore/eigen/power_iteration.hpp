// The dominant eigenpair of a matrix by repeated multiplication: v <- A v / |A v|, value = v' A v, until the residual
// |A v - value v| is at most tol |value| (B. N. Parlett, "The symmetric eigenvalue problem", 1998, chapter 4). The residual
// certifies the pair; the error falls by the ratio of the second eigenvalue to the first a step.
//
// For matrices whose squares, and those of their products, stay in the range. Of a stack of small ones each lane has one
// (core/lanes.hpp): a product is n^2 multiply-adds of whole vectors, and lanes that are done keep what they found while the
// others go on.
#pragma once

#include <cmath>
#include <cstdint>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/interrupt.hpp"
#include "mmlcore/core/lanes.hpp"
#include "mmlcore/core/numbers.hpp"
#include "mmlcore/core/parallel.hpp"
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

inline constexpr index_t kPowerLanes = 16;  // rows of matrices of a stack that go in lanes

// Of a stack, an item each.
template <Number T>
struct DominantPairs {
  T* value;
  double* residual;
  std::int64_t* iterations;
};

// Items `first` ... in lanes, as far as they go. vectors: (count x n), first ones that leave as last ones. `memory`: n^2 + 2
// n vectors.
template <Real T>
void power_iteration_lanes(const MatrixBatch<const T>& a, index_t first, T* vectors, const DominantPairs<T>& to, double tol,
                           index_t max_iter, typename Simd<T>::Vec* memory) {
  using S = Simd<T>;
  using Vec = typename S::Vec;
  using Mask = typename S::Mask;
  const index_t n = a.item.rows;
  Vec *const matrix = memory, *const v = matrix + n * n, *const image = v + n;
  MatrixBatch<T> all{c_order(vectors, 1, n), {}};
  all.batch.push(a.count(), n);
  const LaneGroup<const T> from(a, first);
  load_lanes<T>(from, matrix);
  load_lanes<T>(LaneGroup<const T>({all.item, all.batch}, first), v);
  Vec value{}, residual{}, steps{};
  Mask going = ~Mask{};
  const Vec bound = S::splat(static_cast<T>(tol)), infinity = S::splat(static_cast<T>(HUGE_VAL));
  for (index_t step = 1; S::any(going); ++step) {
    Vec product{}, square{}, gap{};
    for (index_t i = 0; i < n; ++i) {
      Vec sum{};
      for (index_t j = 0; j < n; ++j) sum += matrix[i * n + j] * v[j];
      image[i] = sum;
      product += v[i] * sum;
      square += sum * sum;
    }
    for (index_t i = 0; i < n; ++i) gap += (image[i] - product * v[i]) * (image[i] - product * v[i]);
    const Vec ratio = S::sqrt(gap) / S::abs(product);
    const Vec now = product != 0 ? ratio : (square == 0 ? Vec{} : infinity);
    value = going ? product : value;
    residual = going ? now : residual;
    steps = going ? S::splat(static_cast<T>(step)) : steps;
    going &= (now > bound) & (square != 0);
    if (step == max_iter) break;
    const Vec size = S::sqrt(square);
    for (index_t i = 0; i < n; ++i) v[i] = going ? image[i] / size : v[i];
  }
  store_lanes<T>(LaneGroup<T>(all, first), v);
  for (int l = 0; l < from.used; ++l) {
    to.value[first + l] = value[l];
    to.residual[first + l] = residual[l];
    to.iterations[first + l] = static_cast<std::int64_t>(steps[l]);
  }
}

// All items of a stack, rows contiguous.
template <Real T>
void power_iterations(const MatrixBatch<const T>& a, T* vectors, const DominantPairs<T>& to, double tol, index_t max_iter) {
  constexpr index_t W = Simd<T>::width;
  const index_t n = a.item.rows, count = a.count();
  if (n <= kPowerLanes && count > 1 && max_iter < (index_t{1} << 24)) {  // steps are counted in the lanes
    parallel_ranges((count + W - 1) / W, 4, [&](index_t begin, index_t end) {
      Buffer<typename Simd<T>::Vec> memory(n * n + 2 * n);
      for (index_t g = begin; g < end; ++g) power_iteration_lanes<T>(a, g * W, vectors, to, tol, max_iter, memory.data());
    });
    return;
  }
  parallel_ranges(count, 4000 / (n * n + 1) + 1, [&](index_t begin, index_t end) {
    Buffer<T> image(n);
    for (index_t i = begin; i < end; ++i) {
      const auto found = power_iteration<T>(a[i], vectors + i * n, image.data(), tol, max_iter);
      to.value[i] = found.value;
      to.residual[i] = found.residual;
      to.iterations[i] = found.iterations;
    }
  });
}

}  // namespace mmlcore
