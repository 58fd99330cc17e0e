#include "mmlcore/eigen/largest_eigenpairs.hpp"

#include <algorithm>
#include <cmath>

#include "mmlcore/eigen/tridiagonal.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/orthogonal/gram_schmidt.hpp"

namespace mmlcore {

double largest_eigenpairs(MatrixView<const double> a, double* values, MatrixView<double> vectors) {
  const index_t n = a.rows, k = vectors.cols;
  if (n == 0 || k == 0) return 0;
  const Tridiagonal t = tridiagonalize(a);
  largest_values(t, k, values);
  Buffer<double> rows(k * n), norms(k);
  const MatrixView<double> z = c_order(rows.data(), k, n);
  inverse_iteration(t, k, values, z);
  back_transform(t, z);
  gram_schmidt<double>(z.transposed(), vectors, norms.data(), 0.0);
  for (index_t j = 0; j < k; ++j) values[j] /= t.scale;
  const MatrixView<double> image = z.transposed();
  product<double>(a, vectors, image);
  double largest = 0, theta = 0;
  for (index_t j = 0; j < k; ++j) {
    double squares = 0;
    for (index_t i = 0; i < n; ++i) {
      const double r = (image(i, j) - values[j] * vectors(i, j)) * t.scale;
      squares += r * r;
    }
    largest = std::max(largest, std::sqrt(squares));
    theta = std::max(theta, std::abs(values[j] * t.scale));
  }
  return theta > 0 ? largest / theta : largest;
}

}  // namespace mmlcore
