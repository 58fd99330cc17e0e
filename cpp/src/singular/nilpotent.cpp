#include "mmlcore/singular/nilpotent.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/matrices/product_small.hpp"
#include "mmlcore/singular/jacobi_svd.hpp"

namespace mmlcore {
namespace {

bool has_small_traces(MatrixView<const double> a, double tol) {
  const auto n = static_cast<double>(a.rows);
  double squares = 0, trace = 0, second = 0;
  for (index_t i = 0; i < a.rows; ++i) {
    trace += a(i, i);
    for (index_t j = 0; j < a.rows; ++j) {
      squares += a(i, j) * a(i, j);
      second += a(i, j) * a(j, i);
    }
  }
  const double size = std::sqrt(squares), bound = 8 * n * n * tol * size;
  return !(std::abs(trace) > bound || std::abs(second) > bound * size);
}

// V (3 I - V'V) / 2: columns that are orthonormal but for some roundings, to the last one (Newton's step for the polar
// factor). What rotations leave, all columns a little longer than 1, would grow from one null space to the next.
void sharpen(MatrixView<const double> v, double* gram, MatrixView<double> to) {
  const MatrixView<double> g = c_order(gram, v.cols, v.cols);
  product_single<double>(v.transposed(), v, g);
  for (index_t i = 0; i < g.rows; ++i) {
    for (index_t j = 0; j < g.cols; ++j) g(i, j) = (i == j ? 1.5 : 0.0) - g(i, j) / 2;
  }
  product_single<double>(v, g, to);
}

}  // namespace

// Takes off rows without entries, and their columns, as long as there are any.
bool has_no_cycle(MatrixView<const double> a) {
  const index_t n = a.rows;
  Buffer<index_t> left(n);  // entries of a row in columns that are not taken off yet
  std::vector<index_t> ready;
  for (index_t i = 0; i < n; ++i) {
    left[i] = 0;
    for (index_t j = 0; j < n; ++j) left[i] += a(i, j) != 0 ? 1 : 0;
    if (left[i] == 0) ready.push_back(i);
  }
  for (std::size_t k = 0; k < ready.size(); ++k) {
    for (index_t i = 0; i < n; ++i) {
      if (a(i, ready[k]) != 0 && --left[i] == 0) ready.push_back(i);
    }
  }
  return static_cast<index_t>(ready.size()) == n;
}

bool is_nilpotent(MatrixView<const double> a, double tol, bool* nilpotent) {
  MMLCORE_ASSERT(a.rows == a.cols && a.rows >= 1);
  const index_t n = a.rows;
  *nilpotent = has_no_cycle(a);
  if (*nilpotent || !has_small_traces(a, tol)) return true;
  if (n > kJacobiSide) return false;
  Buffer<double> values(n), right(n * n), image(n * n), left(n * n), gram(n * n), basis(n * n);
  copy<double>(a, c_order(left.data(), n, n));
  double limit = -1;
  for (index_t m = n; m > 0;) {
    const MatrixView<double> v = c_order(right.data(), m, m), now = c_order(left.data(), m, m);
    if (!right_singular_vectors<double>(now, values.data(), v)) return false;
    if (limit < 0) limit = tol * std::max(values[0], 1e-300);
    index_t kept = 0;
    while (kept < m && values[kept] > limit) ++kept;
    if (kept == m) return true;
    if (kept > 0) {
      const MatrixView<double> rest = c_order(basis.data(), m, kept), av = c_order(image.data(), m, kept);
      sharpen(v.block(0, 0, m, kept), gram.data(), rest);
      product_single<double>(now, rest, av);
      product_single<double>(MatrixView<const double>(rest).transposed(), av, c_order(left.data(), kept, kept));
    }
    m = kept;
  }
  *nilpotent = true;
  return true;
}

}  // namespace mmlcore
