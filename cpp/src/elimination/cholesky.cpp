#include "mmlcore/elimination/cholesky.hpp"

#include <Eigen/Cholesky>

#include "mmlcore/core/maps.hpp"
#include "mmlcore/elimination/substitution.hpp"

namespace mmlcore {

namespace {

constexpr index_t kSmall = 16;  // up to here plain loops take less than Eigen's start

}  // namespace

bool cholesky(MatrixView<double> a) {
  if (a.rows <= kSmall) {
    const auto entry = [&](index_t i, index_t j) -> double& { return a.data[i + j * a.col_stride]; };
    return cholesky_small<double>(a.rows, entry, entry, [](index_t, double, double pivot) { return pivot > 0; });
  }
  using Matrix = Eigen::MatrixXd;
  Eigen::Ref<Matrix, 0, Eigen::OuterStride<>> lower = columns_map(a);
  const Eigen::LLT<Eigen::Ref<Matrix, 0, Eigen::OuterStride<>>, Eigen::Lower> llt(lower);
  return llt.info() == Eigen::Success && (lower.diagonal().array() > 0).all();  // a NaN passes Eigen's own test
}

void invert_lower(MatrixView<const double> l, MatrixView<double> inverse) {
  auto x = columns_map(inverse);
  x.setIdentity();
  if (l.rows <= kSmall) {
    for (index_t j = 0; j < l.rows; ++j) {
      const auto below = l.block(j, j, l.rows - j, l.rows - j);
      const VectorView<double> column{&inverse(j, j), below.rows, 1};
      substitute_forward(
          below.rows, below, [&](index_t i, double sum) { return sum / below(i, i); }, column);
    }
    return;
  }
  columns_map(l).triangularView<Eigen::Lower>().solveInPlace(x);
}

void solve_lower_from_right(MatrixView<const double> l, MatrixView<double> b) {
  auto x = rows_map(b);
  columns_map(l).transpose().triangularView<Eigen::Upper>().solveInPlace<Eigen::OnTheRight>(x);
}

}  // namespace mmlcore
