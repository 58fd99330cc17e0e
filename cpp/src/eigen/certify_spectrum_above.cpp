#include "mmlcore/eigen/certify_spectrum_above.hpp"

#include <algorithm>
#include <cmath>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/matrices/product.hpp"

namespace mmlcore {
namespace {

constexpr index_t kPanel = 64;
constexpr index_t kRows = 192;  // of a task

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

// y += factor x
void add_scaled(double factor, const double* __restrict x, double* __restrict y, index_t n) {
  for (index_t i = 0; i < n; ++i) y[i] += factor * x[i];
}

// W (kPanel x kPanel) with W = L'^-1 for the factor L of a block of n rows, of which the lower triangle is read. False where
// a pivot is not positive, or not a number.
bool inverse_of_factor(MatrixView<const double> block, double* w) {
  double u[kPanel * kPanel];  // L', by rows
  const index_t n = block.rows;
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = i; j < n; ++j) u[i * kPanel + j] = block(j, i);
  }
  for (index_t k = 0; k < n; ++k) {
    double* row = u + k * kPanel;
    if (!(row[k] > 0)) return false;
    const double factor = 1 / std::sqrt(row[k]);
    for (index_t j = k; j < n; ++j) row[j] *= factor;
    for (index_t i = k + 1; i < n; ++i) add_scaled(-row[i], row + i, u + i * kPanel + i, n - i);
  }
  std::fill(w, w + kPanel * kPanel, 0.0);
  for (index_t k = n - 1; k >= 0; --k) {
    double* row = w + k * kPanel;
    row[k] = 1;
    for (index_t j = k + 1; j < n; ++j) add_scaled(-u[k * kPanel + j], w + j * kPanel + j, row + j, n - j);
    const double factor = 1 / u[k * kPanel + k];
    for (index_t j = k; j < n; ++j) row[j] *= factor;
  }
  return true;
}

// Overwrites the lower triangle of s.
bool positive_definite(MatrixView<double> s) {
  const index_t n = s.rows;
  Buffer<double> inverse(kPanel * kPanel), columns(n * kPanel);
  for (index_t top = 0; top < n; top += kPanel) {
    const index_t panel = std::min(kPanel, n - top), next = top + panel;
    if (!inverse_of_factor(s.block(top, top, panel, panel), inverse.data())) return false;
    const MatrixView<const double> w = MatrixView<double>{inverse.data(), panel, panel, kPanel, 1};
    const MatrixView<double> x = c_order(columns.data(), n, kPanel);
    by_bands(next, n, [&](index_t first, index_t rows) {
      product_serial<double>(s.block(first, top, rows, panel), w, x.block(first, 0, rows, panel));
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
  const MatrixView<double> s{memory.data(), n, n, stride, 1};
  shifted(bound, a, values, vectors, size, s);
  return positive_definite(s);
}

}  // namespace mmlcore
