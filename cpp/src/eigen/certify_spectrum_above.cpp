#include "mmlcore/eigen/certify_spectrum_above.hpp"

#include <algorithm>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/elimination/cholesky.hpp"
#include "mmlcore/matrices/product.hpp"

namespace mmlcore {
namespace {

constexpr index_t kPanel = 64;
constexpr index_t kRows = 192;   // of a task
constexpr index_t kWhole = 512;  // up to here Eigen's factorization of the whole is faster than threads

// f(first, rows) for the rows from `top` on, in bands, the longest rows first.
template <class F>
void by_bands(index_t top, index_t n, F&& f) {
  const index_t bands = (n - top + kRows - 1) / kRows;
  parallel_tasks(bands, [&](index_t task) {
    const index_t first = top + (bands - 1 - task) * kRows;
    f(first, std::min(kRows, n - first));
  });
}

// The lower triangle of S.
void shifted(double bound, MatrixView<const double> a, const double* values, MatrixView<const double> v, double size,
             MatrixView<double> s) {
  const index_t n = a.rows, k = v.cols;
  by_bands(0, n, [&](index_t first, index_t rows) {
    Buffer<double> scaled(rows * k);
    for (index_t i = 0; i < rows; ++i) {
      for (index_t j = 0; j < k; ++j) scaled[i * k + j] = v(first + i, j) * (values[j] - values[k - 1] + size);
    }
    for (index_t i = first; i < first + rows; ++i) {
      for (index_t j = 0; j <= i; ++j) s(i, j) = -a(i, j);
      for (index_t j = i + 1; j < first + rows; ++j) s(i, j) = 0;
      s(i, i) += bound;
    }
    product_serial<double>(c_order(scaled.data(), rows, k), v.block(0, 0, first + rows, k).transposed(),
                           s.block(first, 0, rows, first + rows), 1.0, 1.0);
  });
}

// Overwrites the lower triangle of s.
bool positive_definite(MatrixView<double> s) {
  const index_t n = s.rows;
  Buffer<double> factor(kPanel * kPanel), columns(n * kPanel);
  for (index_t top = 0; top < n; top += kPanel) {
    const index_t panel = std::min(kPanel, n - top), next = top + panel;
    const MatrixView<double> l = f_order(factor.data(), panel, panel, kPanel);
    copy<double>(s.block(top, top, panel, panel), l);
    if (!cholesky(l)) return false;
    const MatrixView<double> x = c_order(columns.data(), n, kPanel);
    by_bands(next, n, [&](index_t first, index_t rows) {
      const MatrixView<double> band = x.block(first, 0, rows, panel);
      copy<double>(s.block(first, top, rows, panel), band);
      solve_lower_from_right(l, band);
    });
    by_bands(next, n, [&](index_t first, index_t rows) {
      const index_t end = first + rows;
      product_serial<double>(x.block(first, 0, rows, panel), x.block(next, 0, end - next, panel).transposed(),
                             s.block(first, next, rows, end - next), -1.0, 1.0);
    });
  }
  return true;
}

}  // namespace

bool certify_spectrum_above(double bound, MatrixView<const double> a, const double* values, MatrixView<const double> vectors,
                            double size) {
  const index_t n = a.rows, stride = padded_stride<double>(n);
  Buffer<double> memory(n * stride);
  const bool whole = n <= kWhole;
  const MatrixView<double> columns = f_order(memory.data(), n, n, stride), s = whole ? columns : columns.transposed();
  shifted(bound, a, values, vectors, size, s);
  return whole ? cholesky(s) : positive_definite(s);
}

}  // namespace mmlcore
