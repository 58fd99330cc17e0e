#include "mmlcore/eigen/largest_eigenpairs.hpp"

#include "mmlcore/core/maps.hpp"
#include "mmlcore/eigen/symmetric_pairs.hpp"
#include "mmlcore/eigen/tridiagonal.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/orthogonal/gram_schmidt.hpp"

namespace mmlcore {

double largest_eigenpairs(MatrixView<const double> a, double* values, MatrixView<double> vectors) {
  const index_t n = a.rows, k = vectors.cols;
  if (n == 0 || k == 0) return 0;
  Buffer<double> rows(k * n), norms(k);
  const MatrixView<double> z = c_order(rows.data(), k, n);
  double scale = 1;  // of the entries, to which residuals are compared
  if (n > kMediumOrder || !symmetric_largest(a, k, values, z, scale)) {
    const Tridiagonal t = tridiagonalize(a);
    largest_values(t, k, values);
    inverse_iteration(t, k, values, z);
    back_transform(t, z);
    scale = t.scale;
    for (index_t j = 0; j < k; ++j) values[j] /= scale;
  }
  gram_schmidt<double>(z.transposed(), vectors, norms.data(), 0.0);
  const MatrixView<double> image = z.transposed();
  product<double>(a, vectors, image);
  // A v - lambda v, column by column, scaled like the matrix that was reduced.
  columns_map(image) = (columns_map(image) - map(vectors) * map(values, k).asDiagonal()) * scale;
  const double largest = columns_map(image).colwise().norm().maxCoeff();
  const double theta = scale * map(values, k).cwiseAbs().maxCoeff();
  return theta > 0 ? largest / theta : largest;
}

}  // namespace mmlcore
