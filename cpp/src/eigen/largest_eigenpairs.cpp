#include "mmlcore/eigen/largest_eigenpairs.hpp"

#include "mmlcore/core/maps.hpp"
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
  // A v - lambda v, column by column, scaled like T.
  columns_map(image) = (columns_map(image) - map(vectors) * map(values, k).asDiagonal()) * t.scale;
  const double largest = columns_map(image).colwise().norm().maxCoeff();
  const double theta = t.scale * map(values, k).cwiseAbs().maxCoeff();
  return theta > 0 ? largest / theta : largest;
}

}  // namespace mmlcore
