#include "mmlcore/core/maps.hpp"
#include "mmlcore/elimination/cholesky.hpp"
#include "mmlcore/elimination/substitution.hpp"

namespace mmlcore {

void invert_lower(MatrixView<const double> l, MatrixView<double> inverse) {
  auto x = columns_map(inverse);
  x.setIdentity();
  if (l.rows <= kSmallCholesky) {
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
