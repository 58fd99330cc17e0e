#include "mmlcore/singular/svd.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "load_lanes.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/signs.hpp"
#include "mmlcore/singular/jacobi_svd.hpp"
#include "mmlcore/singular/singular_values.hpp"

namespace mmlcore {
namespace {

using Vec = Simd<double>::Vec;
constexpr index_t W = Simd<double>::width;

// The leading entry of each right vector becomes positive, and the left one follows.
template <class T>
void point_pairs(const MatrixView<T>& left, const MatrixView<T>& right) {
  for (index_t j = 0; j < right.rows; ++j) {
    const index_t lead = leading_entry<T>(MatrixView<const T>(right).row(j), kLeading<T>);
    if (lead == right.cols || !(right(j, lead) < 0)) continue;
    for (index_t i = 0; i < right.cols; ++i) right(j, i) = -right(j, i);
    if (j >= left.cols) continue;
    for (index_t i = 0; i < left.rows; ++i) left(i, j) = -left(i, j);
  }
}

template <class T>
bool one_matrix(const MatrixView<const T>& a, const MatrixView<T>& left, T* values, const MatrixView<T>& right) {
  const index_t p = std::min(a.rows, a.cols);
  const MatrixView<T> columns = right.transposed();
  Buffer<double> found(p);
  int power = 0;
  if (!jacobi_svd<T>(a, found.data(), &power, &left, &columns)) return false;
  for (index_t j = 0; j < p; ++j) values[j] = static_cast<T>(std::ldexp(found[j], power));
  if (!(values[0] <= std::numeric_limits<T>::max())) return false;
  point_pairs(left, right);
  return true;
}

// W matrices from item `first` on.
template <class T>
bool group(const MatrixBatch<const T>& a, index_t first, const MatrixBatch<T>& left, T* values, const MatrixBatch<T>& right,
           Vec* memory) {
  const bool wide = a.item.rows < a.item.cols;
  const index_t m = std::max(a.item.rows, a.item.cols), n = std::min(a.item.rows, a.item.cols);
  const LaneColumns x{memory, n, m}, turns{memory + n * m, n, n};
  int power[W];
  if (!load_lanes(a, first, x, power)) return false;
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < n; ++i) turns[j][i] = Vec{} + (i == j ? 1.0 : 0.0);
  }
  Vec squares[kLaneSide];
  const auto unfinished = rotate_lanes(x, &turns, squares, kLeastLength);
  for (index_t lane = 0; lane < std::min(W, a.count() - first); ++lane) {
    const index_t item = first + lane;
    T* const s = values + item * n;
    const MatrixView<T> u = left[item], vt = right[item];
    if (unfinished[lane] || !(squares[n - 1][lane] > kLeastLength * kLeastLength)) {
      if (!one_matrix<T>(a[item], u, s, vt)) return false;
      continue;
    }
    const MatrixView<T> longer = wide ? vt.transposed() : u, shorter = wide ? u : vt.transposed();
    for (index_t j = 0; j < n; ++j) {
      const double length = std::sqrt(squares[j][lane]), scale = 1 / length;
      s[j] = static_cast<T>(std::ldexp(length, power[lane]));
      for (index_t i = 0; i < m; ++i) longer(i, j) = static_cast<T>(x[j][i][lane] * scale);
      for (index_t i = 0; i < n; ++i) shorter(i, j) = static_cast<T>(turns[j][i][lane]);
    }
    if (!(s[0] <= std::numeric_limits<T>::max())) return false;
    point_pairs(u, vt);
  }
  return true;
}

}  // namespace

template <class T>
bool svd(const MatrixBatch<const T>& a, const MatrixBatch<T>& left, T* values, const MatrixBatch<T>& right) {
  const index_t m = std::max(a.item.rows, a.item.cols), n = std::min(a.item.rows, a.item.cols);
  if (a.count() == 1) return one_matrix<T>(a[0], left[0], values, right[0]);
  const bool lanes = n <= kLaneSide && left.item.cols == n && right.item.rows == n;
  const index_t step = lanes ? W : 1;
  std::atomic<bool> fine{true};
  parallel_ranges((a.count() + step - 1) / step, 2000 / (m * n * n) + 1, [&](index_t begin, index_t end) {
    Buffer<Vec> memory(lanes ? n * (m + n) : 0);
    for (index_t g = begin; g < end && fine; ++g) {
      const bool done = lanes ? group(a, g * W, left, values, right, memory.data())
                              : one_matrix<T>(a[g], left[g], values + g * n, right[g]);
      if (!done) fine.store(false, std::memory_order_relaxed);
    }
  });
  return fine;
}

template bool svd<float>(const MatrixBatch<const float>&, const MatrixBatch<float>&, float*, const MatrixBatch<float>&);
template bool svd<double>(const MatrixBatch<const double>&, const MatrixBatch<double>&, double*, const MatrixBatch<double>&);

}  // namespace mmlcore
