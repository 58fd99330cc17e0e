#include "mmlcore/orthogonal/projection.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/matrices/product_small.hpp"
#include "mmlcore/orthogonal/gram_schmidt.hpp"
#include "mmlcore/vectors/pairs.hpp"

namespace mmlcore {
namespace {

// Whether all numbers are finite and none is so large, or all so small, that products of them leave the range. Zeros are
// fine.
template <Real T>
bool moderate(MatrixView<const T> a) {
  constexpr T kMost = sizeof(T) == 8 ? static_cast<T>(1e100) : static_cast<T>(1e12);
  T largest = 0, check = 0;
  for (index_t i = 0; i < a.rows; ++i) {
    for (index_t j = 0; j < a.cols; ++j) {
      largest = std::max(largest, std::abs(a(i, j)));
      check += a(i, j) * 0;
    }
  }
  return check == 0 && (largest == 0 || (largest <= kMost && largest >= 1 / kMost));
}

// Q and its transpose, both in rows, of columns that are moderate.
template <Real T>
struct OrderedBasis {
  explicit OrderedBasis(MatrixView<const T> b)
      : d(b.rows),
        k(b.cols),
        columns(d * k),
        rows(d * k),
        q(c_order(columns.data(), d, k)),
        turned(c_order(rows.data(), k, d)) {
    for (index_t j = 0; j < k; ++j) fine &= moderate(b.block(0, j, d, 1));
    if (!fine) return;
    Buffer<T> norms(k);
    gram_schmidt<T>(b, q, norms.data(), default_rtol<T>(d, k));
    for (index_t i = 0; i < d; ++i) {
      for (index_t j = 0; j < k; ++j) turned(j, i) = q(i, j);
    }
  }

  index_t d, k;
  Buffer<T> columns, rows;
  MatrixView<T> q, turned;
  bool fine = true;
};

// Solves R c = along for each row of along, in place; returns 0, or NaN where a coordinate leaves the range.
template <Real T>
T solve_rows(MatrixView<const T> r, MatrixView<T> along) {
  T check = 0;
  for (index_t i = 0; i < along.rows; ++i) {
    for (index_t j = r.rows - 1; j >= 0; --j) {
      T value = along(i, j);
      for (index_t l = j + 1; l < r.rows; ++l) value -= r(j, l) * along(i, l);
      along(i, j) = r(j, j) > 0 ? value / r(j, j) : T{0};
      check += along(i, j) * 0;
    }
  }
  return check;
}

}  // namespace

template <class T>
bool project(MatrixView<const T> x, MatrixView<const T> b, MatrixView<T> points, MatrixView<T> coordinates, T* residual) {
  const index_t d = b.rows, k = b.cols;
  if (!moderate(x)) return false;
  const OrderedBasis<T> basis(b);
  if (!basis.fine) return false;
  Buffer<T> triangle(k * k);
  const MatrixView<T> r = c_order(triangle.data(), k, k);
  product_single<T>(basis.turned, b, r);
  constexpr index_t kRows = kSmallProduct;
  std::atomic<bool> fine{true};
  parallel_ranges((x.rows + kRows - 1) / kRows, 300 / (d * k + 1) + 1, [&](index_t begin, index_t end) {
    const index_t most = std::min(kRows, x.rows);
    Buffer<T> left_data(most * d), more_data(most * k);
    T check = 0;
    for (index_t first = begin * kRows; first < std::min(x.rows, end * kRows); first += kRows) {
      const index_t rows = std::min(kRows, x.rows - first);
      const MatrixView<const T> from = x.block(first, 0, rows, d);
      const MatrixView<T> along = coordinates.block(first, 0, rows, k), nearest = points.block(first, 0, rows, d);
      const MatrixView<T> left = c_order(left_data.data(), rows, d), more = c_order(more_data.data(), rows, k);
      product_single<T>(from, basis.q, along);
      product_single<T>(along, basis.turned, nearest);
      for (index_t i = 0; i < rows; ++i) {
        for (index_t j = 0; j < d; ++j) left(i, j) = from(i, j) - nearest(i, j);
      }
      product_single<T>(left, basis.q, more);
      for (index_t i = 0; i < rows; ++i) {
        for (index_t j = 0; j < k; ++j) along(i, j) += more(i, j);
      }
      product_single<T>(along, basis.turned, nearest);
      for (index_t i = 0; i < rows; ++i) {
        residual[first + i] = distance<T>(from.row(i), VectorView<const T>(nearest.row(i)));
      }
      check += solve_rows<T>(r, along);
    }
    if (check != 0) fine.store(false, std::memory_order_relaxed);
  });
  return fine;
}

template <class T>
bool projection_matrix(MatrixView<const T> b, MatrixView<T> to) {
  const OrderedBasis<T> basis(b);
  if (!basis.fine) return false;
  product_single<T>(basis.q, basis.turned, to);
  return true;
}

template bool project<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>, MatrixView<float>, float*);
template bool project<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>, MatrixView<double>,
                              double*);
template bool projection_matrix<float>(MatrixView<const float>, MatrixView<float>);
template bool projection_matrix<double>(MatrixView<const double>, MatrixView<double>);

}  // namespace mmlcore
