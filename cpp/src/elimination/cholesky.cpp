#include "mmlcore/elimination/cholesky.hpp"

#include <Eigen/Cholesky>

#include "mmlcore/core/maps.hpp"

namespace mmlcore {

bool cholesky(MatrixView<double> a) {
  if (a.rows <= kSmallCholesky) {
    const auto entry = [&](index_t i, index_t j) -> double& { return a.data[i + j * a.col_stride]; };
    return cholesky_small<double>(a.rows, entry, entry, [](index_t, double, double pivot) { return pivot > 0; });
  }
  using Matrix = Eigen::MatrixXd;
  Eigen::Ref<Matrix, 0, Eigen::OuterStride<>> lower = columns_map(a);
  const Eigen::LLT<Eigen::Ref<Matrix, 0, Eigen::OuterStride<>>, Eigen::Lower> llt(lower);
  return llt.info() == Eigen::Success && (lower.diagonal().array() > 0).all();  // a NaN passes Eigen's own test
}

}  // namespace mmlcore
