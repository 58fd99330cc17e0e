#include "mmlcore/singular/svd.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "bidiagonal_lanes.hpp"
#include "lane_order.hpp"
#include "load_lanes.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/signs.hpp"
#include "mmlcore/singular/bidiagonal_values.hpp"
#include "mmlcore/singular/jacobi_svd.hpp"
#include "mmlcore/singular/reflected_svd.hpp"
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

// Columns from which on reflections to bidiagonal form are faster than rotations.
template <class T>
constexpr index_t kReflectedVectors = sizeof(T) == 4 ? 17 : 64;

template <class T>
bool one_matrix(const MatrixView<const T>& a, const MatrixView<T>& left, T* values, const MatrixView<T>& right) {
  const index_t p = std::min(a.rows, a.cols);
  const MatrixView<T> columns = right.transposed();
  Buffer<double> found(p);
  int power = 0;
  // Of graded float64 matrices too large for rotations LAPACK is faster; it keeps no more of them than reflections do.
  const bool reflected = p >= kReflectedVectors<T> && ((sizeof(T) == 4 && p > kJacobiSide) || rows_and_columns_alike<T>(a));
  if (!reflected && p > kJacobiSide) return false;
  if (reflected ? !reflected_svd<T>(a, found.data(), &power, left, columns)
                : !jacobi_svd<T>(a, found.data(), &power, &left, &columns))
    return false;
  for (index_t j = 0; j < p; ++j) values[j] = static_cast<T>(std::ldexp(found[j], power));
  if (!(values[0] <= std::numeric_limits<T>::max())) return false;
  point_pairs(left, right);
  return true;
}

constexpr index_t kPlainColumns = 2;  // columns up to which a QR decomposition saves no sweep

// The leading entry of each column of `x` becomes positive (core/signs.hpp); the column of `y` follows.
template <class T, class V>
void point_lanes(const LaneColumns<V>& x, const LaneColumns<V>& y) {
  const V one = lane::constant<V>(1);
  for (index_t j = 0; j < x.count; ++j) {
    V most{}, lead{};
    for (index_t i = 0; i < x.length; ++i) {
      const V size = lane::size(x[j][i]);
      most = lane::choose(size > most, size, most);
    }
    most = most * static_cast<double>(kLeading<T>);
    for (index_t i = x.length; i-- > 0;) lead = lane::choose(lane::size(x[j][i]) >= most, x[j][i], lead);
    const V sign = lane::choose(lead < 0.0, -one, one);
    for (index_t i = 0; i < x.length; ++i) x[j][i] *= sign;
    for (index_t i = 0; i < y.length; ++i) y[j][i] *= sign;
  }
}

// Columns as the items of a stack, one in each row where `transposed`.
template <class T, class V>
void store_columns(const LaneColumns<V>& x, bool transposed, int part, const MatrixBatch<T>& to, index_t first, Vec* work) {
  for (index_t j = 0; j < x.count; ++j) {
    for (index_t i = 0; i < x.length; ++i) work[transposed ? j * x.length + i : i * x.count + j] = lane::part(x[j][i], part);
  }
  store_wide(to, first, work);
}

// A group of matrices from item `first` on. `memory`: 2 n m + 2 n n of V and n m vectors.
template <class V, class T, class Order>
bool group(Order n, const MatrixBatch<const T>& a, index_t first, const MatrixBatch<T>& left, T* values,
           const MatrixBatch<T>& right, V* memory) {
  const bool wide = a.item.rows < a.item.cols;
  const index_t m = std::max(a.item.rows, a.item.cols);
  // Of A = X W': longer vectors in y, shorter ones in z.
  const LaneColumns<V> x{memory, n, m}, y{memory + n * m, n, m}, z{memory + 2 * n * m, n, n}, turns{z[n], n, n};
  Vec* const work = reinterpret_cast<Vec*>(turns[n]);
  LaneScale scale[2];
  if (!load_scaled(a, first, x, work, scale)) return false;
  LaneReflections<V, kLaneSide> told;
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < n; ++i) turns[j][i] = lane::constant<V>(i == j ? 1 : 0);
  }
  V squares[kLaneSide];
  const bool even = n >= kBidiagonalSide && !graded(x, y.data), triangular = n > kPlainColumns && !(even && m == n);
  if (triangular) {
    triangularize_lanes<V>(n, x, nullptr, told);
    for (index_t i = 0; i < n; ++i) {
      for (index_t j = 0; j < n; ++j) z[i][j] = j < i ? V{} : x[j][i];
    }
  }
  const LaneColumns<V>& turned = triangular || even ? z : x;
  typename LaneTraits<V>::Mask odd;
  if (even) {
    V* const square = y.data;
    for (index_t i = 0; i < n; ++i) {
      for (index_t j = 0; j < n; ++j) square[i * n + j] = triangular ? z[i][j] : x[j][i];
    }
    odd = BidiagonalLanes<V>(n, square, &turns, &z, squares, reinterpret_cast<V*>(work)).run();
  } else {
    odd = rotate_lanes<V>(n, turned, &turns, squares, kLeastLength);
    for (index_t j = 0; j < n; ++j) squares[j] = lane::root(squares[j]);
  }
  sort_lanes(n, squares, &turned, &turns);
  if (!even) {
    odd |= ~(squares[n - 1] > kLeastLength);
    for (index_t j = 0; j < n; ++j) {
      const V inverse = 1.0 / squares[j];
      for (index_t i = 0; i < turned.length; ++i) turned[j][i] *= inverse;
    }
  }
  if (triangular) {
    // Rows of z back in the order of the columns of A; Q times the turns.
    const LaneColumns<V> sorted{x.data, n, n};
    for (index_t j = 0; j < n; ++j) {
      for (index_t i = 0; i < m; ++i) y[j][i] = i < n ? turns[j][i] : V{};
    }
    apply_reflections<V>(n, x, told, y);
    for (index_t i = 0; i < n; ++i) {
      for (index_t j = 0; j < n; ++j) sorted[j][i] = V{};
      for (index_t k = 0; k < n; ++k) {
        const auto here = told.order[k] == static_cast<double>(i);
        for (index_t j = 0; j < n; ++j) sorted[j][i] = lane::choose(here, z[j][k], sorted[j][i]);
      }
    }
    std::copy(sorted.data, sorted[n], z.data);
  }
  const LaneColumns<V>&longer = triangular ? y : even ? turns : x, &shorter = triangular || even ? z : turns;
  if (wide) {
    point_lanes<T>(longer, shorter);
  } else {
    point_lanes<T>(shorter, longer);
  }
  constexpr double most = static_cast<double>(std::numeric_limits<T>::max());
  for (int part = 0; part < LaneTraits<V>::vectors; ++part) {
    const index_t start = first + part * W, used = std::min(W, a.count() - start);
    if (used <= 0) break;
    store_columns(wide ? shorter : longer, false, part, left, start, work);
    store_columns(wide ? longer : shorter, true, part, right, start, work);
    const LaneScale& unit = scale[part];
    if (unit.plain) {
      for (index_t j = 0; j < n; ++j) lane::part(squares[j], part) *= unit.up();
    }
    for (index_t l = 0; l < used; ++l) {
      T* const s = values + (start + l) * n;
      for (index_t j = 0; j < n; ++j) {
        const double value = lane::part(squares[j], part)[l];
        s[j] = static_cast<T>(unit.plain ? value : std::ldexp(value, static_cast<int>(unit.power[l])));
      }
      if (lane::part(odd, part)[l] && !one_matrix<T>(a[start + l], left[start + l], s, right[start + l])) return false;
      if (!(static_cast<double>(s[0]) <= most)) return false;
    }
  }
  return true;
}

template <class T>
bool any_group(const MatrixBatch<const T>& a, index_t first, const MatrixBatch<T>& left, T* values,
               const MatrixBatch<T>& right, void* memory) {
  const index_t n = std::min(a.item.rows, a.item.cols);
  return with_lane_order(n, memory, [&](auto order, auto* own) { return group(order, a, first, left, values, right, own); });
}

}  // namespace

template <class T>
bool svd(const MatrixBatch<const T>& a, const MatrixBatch<T>& left, T* values, const MatrixBatch<T>& right) {
  const index_t m = std::max(a.item.rows, a.item.cols), n = std::min(a.item.rows, a.item.cols);
  if (a.count() == 1) return one_matrix<T>(a[0], left[0], values, right[0]);
  const bool lanes = n <= kLaneSide && left.item.cols == n && right.item.rows == n;
  const index_t step = !lanes ? 1 : n <= kTwinSide ? 2 * W : W;
  std::atomic<bool> fine{true};
  parallel_ranges((a.count() + step - 1) / step, 2000 / (m * n * n) + 1, [&](index_t begin, index_t end) {
    Buffer<Vec> memory(lanes ? 4 * n * (m + n) + n * m : 0);
    for (index_t g = begin; g < end && fine; ++g) {
      const bool done = lanes ? any_group(a, g * step, left, values, right, memory.data())
                              : one_matrix<T>(a[g], left[g], values + g * n, right[g]);
      if (!done) fine.store(false, std::memory_order_relaxed);
    }
  });
  return fine;
}

template bool svd<float>(const MatrixBatch<const float>&, const MatrixBatch<float>&, float*, const MatrixBatch<float>&);
template bool svd<double>(const MatrixBatch<const double>&, const MatrixBatch<double>&, double*, const MatrixBatch<double>&);

}  // namespace mmlcore
