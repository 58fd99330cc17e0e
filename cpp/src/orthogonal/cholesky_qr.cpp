#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/maps.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/elimination/cholesky.hpp"
#include "mmlcore/matrices/gram.hpp"
#include "mmlcore/orthogonal/gram_schmidt.hpp"

namespace mmlcore {
namespace {

// R with R'R = G, of which the upper triangle is read, and X = R^-1, by rows with zeros below the diagonal. False unless G
// is positive definite well away from rounding, and the columns, scaled to unit length, have a condition number (Frobenius
// norms) below `most`.
bool cholesky_and_inverse(const double* g, index_t n, double most, double* r, double* x) {
  constexpr double tiny = 1e-280, huge = 1e280;
  const auto gram = rows_map(c_order(g, n, n)), inverse = rows_map(c_order<const double>(x, n, n));
  if (!(gram.diagonal().array() > tiny && gram.diagonal().array() < huge).all()) return false;
  auto upper = rows_map(c_order(r, n, n));
  upper = gram.triangularView<Eigen::Upper>();
  // The rows of R are the columns of L = R'.
  if (!cholesky(f_order(r, n, n, n))) return false;
  if (!(upper.diagonal().array().square() > 1e-12 * gram.diagonal().array()).all()) return false;
  invert_lower(f_order<const double>(r, n, n, n), f_order(x, n, n, n));
  // Of R scaled to unit columns: row j of X times ||a_j||.
  const double inverse_norm = inverse.rowwise().squaredNorm().dot(gram.diagonal());
  return std::sqrt(inverse_norm * static_cast<double>(n)) <= most * static_cast<double>(n);
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

  rows_map(c_order(factor.data(), n, n)) = rows_map(c_order(x.data(), n, n)).template cast<T>();
  auto multiply_rows = [&](index_t i, index_t rows) -> MatrixView<const T> {
    Buffer<T> copied(rows * n);
    const MatrixView<T> from = c_order(copied.data(), rows, n);
    copy<T>(q.block(i, 0, rows, n), from);
    product_part<T>(from, upper, q.block(i, 0, rows, n), ProductPart::upper_factor);
    return q.block(i, 0, rows, n);
  };
  gram_of_rows<T>(m, n, block, gram.data(), [&](index_t, index_t i, index_t rows) -> MatrixView<const T> {
    if (!by_rows) return multiply_rows(i, rows);
    product_part<T>(a.block(i, 0, rows, n), upper, q.block(i, 0, rows, n), ProductPart::upper_factor);
    return q.block(i, 0, rows, n);
  });
  const double error = distance_from_identity(gram.data(), n);
  if (!(error < 0.01)) return false;
  for (index_t j = 0; j < n; ++j) norms[j] = static_cast<T>(r1[j * n + j]);
  if (error <= 4 * std::numeric_limits<T>::epsilon()) {
    if (r) rows_map(*r) = rows_map(c_order(r1.data(), n, n)).template cast<T>();
    return true;
  }

  if (!cholesky_and_inverse(gram.data(), n, 2, r2.data(), x.data())) return false;
  rows_map(c_order(factor.data(), n, n)) = rows_map(c_order(x.data(), n, n)).template cast<T>();
  for (index_t j = 0; j < n; ++j) norms[j] = static_cast<T>(r1[j * n + j] * r2[j * n + j]);
  if (r) {
    const MatrixView<double> both = c_order(gram.data(), n, n);
    product_serial<double>(c_order<const double>(r2.data(), n, n), c_order<const double>(r1.data(), n, n), both);
    rows_map(*r) = rows_map(both).template cast<T>();
  }
  const index_t blocks = (m + block - 1) / block;
  parallel_ranges(blocks, 1, [&](index_t begin, index_t end) {
    for (index_t b = begin; b < end; ++b) multiply_rows(b * block, std::min(block, m - b * block));
  });
  return true;
}

template bool cholesky_qr<float>(MatrixView<const float>, MatrixView<float>, float*, double, const MatrixView<float>*);
template bool cholesky_qr<double>(MatrixView<const double>, MatrixView<double>, double*, double, const MatrixView<double>*);

}  // namespace mmlcore
