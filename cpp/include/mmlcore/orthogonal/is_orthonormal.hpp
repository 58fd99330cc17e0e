// Whether the columns of Q (m x n) are orthonormal: no entry of Q'Q - I is larger than rtol.
//
// Up to kQuickColumns columns in float64, row by row of Q: sums of products in a triangle that stays in the first-level
// cache. Beyond, the diagonal first, n sums of squares that tell nearly every matrix that is none, and then one product.
// Cost: m n^2 flops, or m n.
#pragma once

#include <algorithm>
#include <cmath>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/lane_algebra.hpp"
#include "mmlcore/core/numbers.hpp"
#include "mmlcore/core/views.hpp"
#include "mmlcore/matrices/product_small.hpp"

namespace mmlcore {

inline constexpr index_t kQuickColumns = 32, kQuickRows = 1000;

namespace detail {

template <Real T>
bool quickly_orthonormal(const MatrixView<const T>& q, double rtol, bool& answer) {
  double products[kQuickColumns * kQuickColumns] = {}, row[kQuickColumns], check = 0, gap = 0;
  const index_t n = q.cols;
  for (index_t i = 0; i < q.rows; ++i) {
    for (index_t j = 0; j < n; ++j) check += (row[j] = q(i, j)) * 0;
    for (index_t j = 0; j < n; ++j) axpy(row[j], row, products + j * n, j + 1);
  }
  for (index_t j = 0; j < n; ++j) {
    for (index_t k = 0; k < j; ++k) gap = std::max(gap, std::abs(products[j * n + k]));
    gap = std::max(gap, std::abs(products[j * n + j] - 1));
  }
  answer = gap <= rtol;
  return check == 0;
}

}  // namespace detail

// False, and no answer, where a number is not finite.
template <Real T>
bool is_orthonormal(const MatrixView<const T>& q, double rtol, bool& answer) {
  const index_t m = q.rows, n = q.cols;
  if (n <= kQuickColumns && m <= kQuickRows) return detail::quickly_orthonormal<T>(q, rtol, answer);
  Buffer<T> memory(n * m + n * n);
  const MatrixView<T> turned = c_order(memory.data(), n, m), products = c_order(memory.data() + n * m, n, n);
  if (!copy_finite<T>(q.transposed(), turned)) return false;
  answer = false;
  for (index_t j = 0; j < n; ++j) {
    const T* const column = turned.row(j).data;
    if (!(std::abs(static_cast<double>(dot(column, column, m)) - 1) <= 4 * rtol)) return true;
  }
  product_upper<T>(turned, q, products);
  double gap = 0;
  for (index_t j = 0; j < n; ++j) {
    T* const row = products.row(j).data;
    row[j] -= 1;
    T most = 0;
    for (index_t k = j; k < n; ++k) most = std::max(most, std::abs(row[k]));
    gap = std::max(gap, static_cast<double>(most));
  }
  answer = gap <= rtol;
  return true;
}

// Of complex columns, Q*Q, row by row of Q.
template <Complex T>
bool is_orthonormal(const MatrixView<const T>& q, double rtol, bool& answer) {
  const index_t n = q.cols;
  Buffer<std::complex<double>> products(n * n), row(n);
  std::fill(products.begin(), products.end(), std::complex<double>(0));
  double check = 0, gap = 0;
  for (index_t i = 0; i < q.rows; ++i) {
    for (index_t j = 0; j < n; ++j) check += nothing(row[j] = q(i, j));
    for (index_t j = 0; j < n; ++j) axpy(std::conj(row[j]), row.data(), products.data() + j * n, j + 1);
  }
  for (index_t j = 0; j < n; ++j) products[j * (n + 1)] -= 1;
  for (index_t j = 0; j < n; ++j) {
    for (index_t k = 0; k <= j; ++k) gap = std::max(gap, std::abs(products[j * n + k]));
  }
  answer = gap <= rtol;
  return check == 0;
}

}  // namespace mmlcore
