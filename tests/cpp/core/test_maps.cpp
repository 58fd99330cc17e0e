#include <doctest/doctest.h>

#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/lane_algebra.hpp"
#include "mmlcore/core/maps.hpp"
#include "mmlcore/core/simd.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("core");

TEST_CASE_TEMPLATE("maps are the view: rows, columns, reversed, const", T, float, double) {
  test::Matrix<T> a = test::random_matrix<T>(5, 4);
  const MatrixView<T> view = test::view(a);
  CHECK(map(view) == a);
  CHECK(map(view.transposed()) == a.transpose());
  CHECK(rows_map(view.block(1, 1, 3, 2)) == a.block(1, 1, 3, 2));
  CHECK(columns_map(view.transposed()) == a.transpose());
  const MatrixView<T> back{a.data() + 4 * 4 + 3, 5, 4, -4, -1};
  CHECK(map(back) == a.reverse());
  CHECK(map(view.col(2)) == a.col(2));
  CHECK(map(MatrixView<const T>(view)) == a);
  rows_map(view).row(0).setZero();
  CHECK(a.row(0).isZero());
  const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> columns = a;
  CHECK(map(view_of(columns)) == a);
  CHECK(view_of(columns).row_stride == 1);
  CHECK(view_of(a).col_stride == 1);
}

TEST_CASE_TEMPLATE("inner products and y += a x", T, float, double) {
  for (const index_t n : {0, 1, 3, 4, 7, 8, 9, 31, 100, 2048, 2049, 5000}) {
    const test::Matrix<T> x = test::random_matrix<T>(n, 1, 1);
    test::Matrix<T> y = test::random_matrix<T>(n, 1, 2);
    const Eigen::VectorXd wide_x = x.template cast<double>(), wide_y = y.template cast<double>();
    const double room = 8 * test::kUnit<T> * (wide_x.cwiseAbs().dot(wide_y.cwiseAbs()) + 1);
    CHECK(std::abs(static_cast<double>(dot(x.data(), y.data(), n)) - wide_x.dot(wide_y)) <= room);
    axpy(T{3}, x.data(), y.data(), n);
    const Eigen::VectorXd left = y.template cast<double>() - wide_y - 3 * wide_x;
    CHECK(left.norm() <= 4 * test::kUnit<T> * (wide_x.norm() + wide_y.norm()));
  }
}

TEST_CASE("what is written for numbers works on lanes") {
  using S = Simd<double>;
  S::Vec x[4], y[4];
  for (int i = 0; i < 4; ++i) {
    for (int l = 0; l < S::width; ++l) x[i][l] = i + l, y[i][l] = 2 * i - l;
  }
  const VectorView<const S::Vec> every{x, 2, 2};  // entries 0 and 2
  const VectorView<S::Vec> other{y + 1, 2, 2};    // entries 1 and 3
  const S::Vec sum = inner<S::Vec>(every, other);
  axpy<S::Vec>(S::splat(2), every, other);
  for (int l = 0; l < S::width; ++l) {
    CHECK(sum[l] == l * (2 - l) + (2 + l) * (6 - l));
    CHECK(y[3][l] == 6 - l + 2 * (2 + l));
    CHECK(square_root(x[1])[l] == std::sqrt(1.0 + l));
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
