#include <doctest/doctest.h>

#include <utility>

#include "mmlcore/orthogonal/complement.hpp"
#include "mmlcore/orthogonal/gram_schmidt.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("orthogonal");

TEST_CASE_TEMPLATE("what completes independent columns is orthonormal, and perpendicular to them", T, float, double) {
  for (const auto& [m, n] : {std::pair<index_t, index_t>{1, 1}, {3, 1}, {5, 2}, {30, 29}, {90, 70}, {200, 3}}) {
    const test::Matrix<T> a = test::random_matrix<T>(m, n, 1);
    test::Matrix<T> c(m, m - n);
    REQUIRE(complement<T>(test::view(a), default_rtol<T>(m, n), test::view(c)));
    const Eigen::MatrixXd wide = c.template cast<double>();
    const double room = 30 * static_cast<double>(m) * test::kUnit<T>;
    CHECK((wide.transpose() * wide - Eigen::MatrixXd::Identity(m - n, m - n)).norm() <= room);
    CHECK((a.template cast<double>().transpose() * wide).norm() <= room * a.template cast<double>().norm());
  }
}

TEST_CASE_TEMPLATE("columns that depend on others, vanish or are not finite are left to others", T, float, double) {
  test::Matrix<T> a = test::random_matrix<T>(9, 3, 2), c(9, 6);
  const auto takes = [&] { return complement<T>(test::view(std::as_const(a)), default_rtol<T>(9, 3), test::view(c)); };
  CHECK(takes());
  a.col(2) = a.col(0) - 3 * a.col(1);
  CHECK_FALSE(takes());
  a.col(2).setZero();
  CHECK_FALSE(takes());
  a(0, 2) = std::numeric_limits<T>::infinity();
  CHECK_FALSE(takes());
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
