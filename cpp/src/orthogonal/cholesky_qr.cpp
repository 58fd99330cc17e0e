#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/matrices/gram.hpp"
#include "mmlcore/orthogonal/gram_schmidt.hpp"

namespace mmlcore {
namespace {

// R with R'R = G (upper triangles), and X = R^-1. False unless G is positive definite well away from rounding, and the
// columns, scaled to unit length, have a condition number (Frobenius norms) below `most`.
bool cholesky_and_inverse(const double* g, index_t n, double most, double* r, double* x) {
  constexpr double tiny = 1e-280, huge = 1e280;
  for (index_t i = 0; i < n; ++i) {
    if (!(g[i * n + i] > tiny && g[i * n + i] < huge)) return false;
  }
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = i; j < n; ++j) {
      double s = g[i * n + j];
      for (index_t k = 0; k < i; ++k) s -= r[k * n + i] * r[k * n + j];
      if (i == j) {
        if (!(s > 1e-12 * g[i * n + i])) return false;
        r[i * n + i] = std::sqrt(s);
      } else {
        r[i * n + j] = s / r[i * n + i];
      }
    }
  }
  double inverse_norm = 0;  // of R scaled to unit columns: row j of X times ||a_j||
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = j; i >= 0; --i) {
      double s = i == j ? 1 : 0;
      for (index_t k = i + 1; k <= j; ++k) s -= r[i * n + k] * x[k * n + j];
      x[i * n + j] = s / r[i * n + i];
      inverse_norm += x[i * n + j] * x[i * n + j] * g[i * n + i];
    }
  }
  return std::sqrt(inverse_norm * static_cast<double>(n)) <= most * static_cast<double>(n);
}

// The upper triangle of x in T, zeros below.
template <class T>
void narrow(const double* x, index_t n, MatrixView<T> out) {
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < n; ++j) out(i, j) = j < i ? T{0} : static_cast<T>(x[i * n + j]);
  }
}

Buffer<double> product_of_triangles(const double* a, const double* b, index_t n) {
  Buffer<double> c(n * n);
  for (index_t i = 0; i < n; ++i) {
    std::fill(c.data() + i * n, c.data() + (i + 1) * n, 0.0);
    for (index_t k = i; k < n; ++k) {
      for (index_t j = k; j < n; ++j) c[i * n + j] += a[i * n + k] * b[k * n + j];
    }
  }
  return c;
}

double distance_from_identity(const double* g, index_t n) {
  double most = 0;
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = i; j < n; ++j) {
      const double d = std::abs(g[i * n + j] - (i == j ? 1 : 0));
      if (!(d <= most)) most = d;
    }
  }
  return most;
}

}  // namespace

template <class T>
bool cholesky_qr(MatrixView<const T> a, MatrixView<T> q, T* norms, double rtol, const MatrixView<T>* r) {
  const index_t m = a.rows, n = a.cols;
  const index_t block = std::max<index_t>(n, std::min<index_t>(512, (index_t{1} << 17) / (n * index_t{sizeof(T)})) / 8 * 8);
  Buffer<double> gram(n * n), r1(n * n), x(n * n), r2(n * n);
  Buffer<T> factor(n * n);
  const MatrixView<const T> upper = c_order<const T>(factor.data(), n, n);

  // Other memory orders pass through q, which is row by row.
  const bool by_rows = a.col_stride == 1;
  gram_of_rows<T>(m, n, block, gram.data(), [&](index_t, index_t i, index_t rows) -> MatrixView<const T> {
    if (by_rows) return a.block(i, 0, rows, n);
    copy<T>(a.block(i, 0, rows, n), q.block(i, 0, rows, n));
    return q.block(i, 0, rows, n);
  });
  if (!cholesky_and_inverse(gram.data(), n, kCholeskyCondition, r1.data(), x.data())) return false;
  for (index_t j = 0; j < n; ++j) {  // a coarse rtol may call a column dependent that Cholesky accepts
    if (!(r1[j * n + j] > rtol * std::sqrt(gram[j * n + j]))) return false;
  }

  narrow(x.data(), n, c_order(factor.data(), n, n));
  auto multiply_rows = [&](index_t i, index_t rows) -> MatrixView<const T> {
    Buffer<T> copied(rows * n);
    const MatrixView<T> from = c_order(copied.data(), rows, n);
    copy<T>(q.block(i, 0, rows, n), from);
    product_part<T>(from, upper, q.block(i, 0, rows, n), Part::upper_factor);
    return q.block(i, 0, rows, n);
  };
  gram_of_rows<T>(m, n, block, gram.data(), [&](index_t, index_t i, index_t rows) -> MatrixView<const T> {
    if (!by_rows) return multiply_rows(i, rows);
    product_part<T>(a.block(i, 0, rows, n), upper, q.block(i, 0, rows, n), Part::upper_factor);
    return q.block(i, 0, rows, n);
  });
  const double error = distance_from_identity(gram.data(), n);
  if (!(error < 0.01)) return false;
  for (index_t j = 0; j < n; ++j) norms[j] = static_cast<T>(r1[j * n + j]);
  if (error <= 4 * std::numeric_limits<T>::epsilon()) {
    if (r) narrow(r1.data(), n, *r);
    return true;
  }

  if (!cholesky_and_inverse(gram.data(), n, 2, r2.data(), x.data())) return false;
  narrow(x.data(), n, c_order(factor.data(), n, n));
  for (index_t j = 0; j < n; ++j) norms[j] = static_cast<T>(r1[j * n + j] * r2[j * n + j]);
  if (r) narrow(product_of_triangles(r2.data(), r1.data(), n).data(), n, *r);
  const index_t blocks = (m + block - 1) / block;
  parallel_ranges(blocks, 1, [&](index_t begin, index_t end) {
    for (index_t b = begin; b < end; ++b) multiply_rows(b * block, std::min(block, m - b * block));
  });
  return true;
}

template bool cholesky_qr<float>(MatrixView<const float>, MatrixView<float>, float*, double, const MatrixView<float>*);
template bool cholesky_qr<double>(MatrixView<const double>, MatrixView<double>, double*, double, const MatrixView<double>*);

}  // namespace mmlcore
