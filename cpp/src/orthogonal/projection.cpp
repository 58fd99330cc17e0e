#include "mmlcore/orthogonal/projection.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/finite.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/matrices/product_small.hpp"
#include "mmlcore/orthogonal/gram_schmidt_stack.hpp"
#include "mmlcore/vectors/pairs.hpp"

namespace mmlcore {
namespace {

// Whether all numbers are finite and none is so large, or all so small, that products of them leave the range. Zeros are
// fine.
template <Real T>
bool moderate(const MatrixView<const T>& a) {
  constexpr double kMost = sizeof(T) == 8 ? 1e100 : 1e12;
  const double largest = largest_size(a);  // NaN where one is not finite
  return largest == 0 || (largest <= kMost && largest >= 1 / kMost);
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

// Solves R c = along for each row of `along`, in place; returns 0, or NaN where a coordinate leaves the range. In columns,
// which become vectors; `turned` has room for them.
template <Real T>
T solve_rows(MatrixView<const T> r, MatrixView<T> along, T* turned) {
  const index_t m = along.rows, k = r.rows;
  const MatrixView<T> columns = c_order(turned, k, m);
  copy<T>(MatrixView<const T>(along).transposed(), columns);
  for (index_t j = k - 1; j >= 0; --j) {
    T* __restrict own = columns.row(j).data;
    for (index_t l = j + 1; l < k; ++l) {
      const T factor = r(j, l);
      const T* const other = columns.row(l).data;
      for (index_t i = 0; i < m; ++i) own[i] -= factor * other[i];
    }
    const T pivot = r(j, j);
    if (!(pivot > 0)) {  // a column that depends on earlier ones
      std::fill_n(own, m, T{0});
      continue;
    }
    for (index_t i = 0; i < m; ++i) own[i] /= pivot;
  }
  return copy_finite<T>(MatrixView<const T>(columns).transposed(), along) ? T{0} : std::numeric_limits<T>::quiet_NaN();
}

// to = a - b, or a + b, for n numbers that follow one another.
template <Real T>
void subtract(const T* a, const T* b, index_t n, T* __restrict to) {
  for (index_t i = 0; i < n; ++i) to[i] = a[i] - b[i];
}
template <Real T>
void add(const T* a, index_t n, T* __restrict to) {
  for (index_t i = 0; i < n; ++i) to[i] += a[i];
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
    Buffer<T> memory(most * (2 * d + k));
    T *const from_data = memory.data(), *const left_data = from_data + most * d, *const more_data = left_data + most * d;
    T check = 0;
    for (index_t first = begin * kRows; first < std::min(x.rows, end * kRows); first += kRows) {
      const index_t rows = std::min(kRows, x.rows - first);
      const MatrixView<T> along = coordinates.block(first, 0, rows, k), nearest = points.block(first, 0, rows, d);
      const MatrixView<T> from = c_order(from_data, rows, d), left = c_order(left_data, rows, d);
      const MatrixView<T> more = c_order(more_data, rows, k);
      copy<T>(x.block(first, 0, rows, d), from);
      product_single<T>(from, basis.q, along);
      product_single<T>(along, basis.turned, nearest);
      for (index_t i = 0; i < rows; ++i) subtract(from.row(i).data, nearest.row(i).data, d, left.row(i).data);
      product_single<T>(left, basis.q, more);
      for (index_t i = 0; i < rows; ++i) add(more.row(i).data, k, along.row(i).data);
      product_single<T>(along, basis.turned, nearest);
      for (index_t i = 0; i < rows; ++i) {
        residual[first + i] = distance<T>(VectorView<const T>(from.row(i)), VectorView<const T>(nearest.row(i)));
      }
      check += solve_rows<T>(r, along, more_data);
    }
    if (check != 0) fine.store(false, std::memory_order_relaxed);
  });
  return fine;
}

template <class T>
bool projection_matrices(const MatrixBatch<const T>& b, const MatrixBatch<T>& to) {
  const index_t d = b.item.rows, k = b.item.cols, count = b.count();
  for (index_t i = 0; i < count; ++i) {
    for (index_t j = 0; j < k; ++j) {
      if (!moderate(b[i].block(0, j, d, 1))) return false;
    }
  }
  Buffer<T> columns(count * d * k), norms(count * k);
  MatrixBatch<T> q{c_order(columns.data(), d, k), {}};
  q.batch.push(count, d * k);
  gram_schmidt_stack<T>(b, q, norms.data(), default_rtol<T>(d, k));
  MatrixBatch<const T> basis{q.item, q.batch}, turned{basis.item.transposed(), q.batch};
  product_batch<T>(basis, turned, to);
  return true;
}

template bool project<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>, MatrixView<float>, float*);
template bool project<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>, MatrixView<double>,
                              double*);
template bool projection_matrices<float>(const MatrixBatch<const float>&, const MatrixBatch<float>&);
template bool projection_matrices<double>(const MatrixBatch<const double>&, const MatrixBatch<double>&);

}  // namespace mmlcore
