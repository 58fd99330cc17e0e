// Whether all numbers are finite, and how large they are, in one pass at the speed of memory.
//
// x - x is 0 for a finite x and NaN for infinity and NaN, and a sum that meets one NaN stays NaN: so one look at the sum of
// a piece tells of all its numbers, and nothing can overflow on the way. Pieces are shared out between the threads; after a
// bad one the others are left out. Cost: n subtractions and n additions, n numbers read.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

template <Real T>
bool all_finite(const T* x, index_t n) {
  using S = Simd<T>;
  std::atomic<bool> good{true};
  parallel_ranges(n, 1 << 17, [&](index_t i, index_t end) {
    if (!good.load(std::memory_order_relaxed)) return;
    typename S::Vec a{}, b{};
    for (; i + 2 * S::width <= end; i += 2 * S::width) {
      const auto u = S::load(x + i), v = S::load(x + i + S::width);
      a += u - u;
      b += v - v;
    }
    T rest = S::sum(a + b);
    for (; i < end; ++i) rest += x[i] - x[i];
    if (rest != 0) good.store(false, std::memory_order_relaxed);
  });
  return good;
}

// The largest |x_i|; NaN where one is not finite.
template <Real T>
double largest_size(const T* x, index_t n) {
  using S = Simd<T>;
  std::atomic<T> largest{0};
  std::atomic<bool> good{true};
  parallel_ranges(n, 1 << 16, [&](index_t i, index_t end) {
    typename S::Vec bad{}, most{};
    for (; i + S::width <= end; i += S::width) {
      const auto u = S::load(x + i), size = S::abs(u);
      bad += u - u;
      most = size > most ? size : most;
    }
    T rest = S::sum(bad), top = 0;
    for (int k = 0; k < S::width; ++k) top = std::max(top, most[k]);
    for (; i < end; ++i) {
      rest += x[i] - x[i];
      top = std::max(top, std::abs(x[i]));
    }
    if (rest != 0) good.store(false, std::memory_order_relaxed);
    T seen = largest.load(std::memory_order_relaxed);
    while (top > seen && !largest.compare_exchange_weak(seen, top, std::memory_order_relaxed)) {
    }
  });
  return good ? double(largest.load()) : std::numeric_limits<double>::quiet_NaN();
}

// Of a matrix, along its memory where it has an axis without gaps; on the calling thread.
template <Real T>
double largest_size(MatrixView<const T> a) {
  using S = Simd<T>;
  if (a.col_stride != 1) a = a.transposed();
  if (a.col_stride == 1 && (a.row_stride == a.cols || a.rows == 1)) a = {a.data, 1, a.rows * a.cols, a.rows * a.cols, 1};
  typename S::Vec bad{}, most{};
  T rest = 0, top = 0;
  for (index_t i = 0; i < a.rows; ++i) {
    index_t j = 0;
    for (; a.col_stride == 1 && j + S::width <= a.cols; j += S::width) {
      const auto v = S::load(&a(i, j)), size = S::abs(v);
      bad += v - v;
      most = size > most ? size : most;
    }
    for (; j < a.cols; ++j) {
      top = std::max(top, std::abs(a(i, j)));
      rest += a(i, j) - a(i, j);
    }
  }
  for (int l = 0; l < S::width; ++l) top = std::max(top, most[l]);
  return S::sum(bad) + rest == 0 ? double(top) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace mmlcore
