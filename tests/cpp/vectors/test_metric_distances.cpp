#include <doctest/doctest.h>

#include <Eigen/Cholesky>

#include "mmlcore/vectors/metric_distances.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("vectors");

TEST_CASE_TEMPLATE("distances in a metric: |L'(x - y)|, either set the larger one", T, float, double) {
  for (const auto& [n, m, d] : {std::array<index_t, 3>{1, 1, 1}, {3, 40, 2}, {40, 3, 5}, {17, 33, 11}, {5, 6, 70}}) {
    const test::Matrix<T> x = test::random_matrix<T>(n, d, 1), y = test::random_matrix<T>(m, d, 2);
    test::Matrix<T> lower = test::random_matrix<T>(d, d, 3);
    for (index_t i = 0; i < d; ++i) {
      for (index_t j = i; j < d; ++j) lower(i, j) = i == j ? T(3) : T(0);
    }
    for (const bool squared : {false, true}) {
      test::Matrix<T> out(n, m);
      REQUIRE(metric_distances<T>(test::view(x), test::view(y), lower.data(), squared, test::view(out)));
      for (index_t i = 0; i < n; ++i) {
        for (index_t j = 0; j < m; ++j) {
          const Eigen::VectorXd gap = (x.row(i) - y.row(j)).transpose().template cast<double>();
          const double right = (lower.template cast<double>().transpose() * gap).norm();
          CHECK(std::abs(out(i, j) - (squared ? right * right : right)) <=
                8 * test::kUnit<T> * static_cast<double>(d) * (squared ? right * right : right));
        }
      }
    }
  }
}

TEST_CASE("equal points are at distance 0, and what leaves the range is told") {
  test::Matrix<double> x = test::random_matrix<double>(4, 3, 1), out(4, 4);
  const test::Matrix<double> lower = Eigen::MatrixXd::Identity(3, 3);
  REQUIRE(metric_distances<double>(test::view(x), test::view(x), lower.data(), false, test::view(out)));
  CHECK(out.diagonal().isZero(0));
  x(2, 1) = 1e200;
  CHECK_FALSE(metric_distances<double>(test::view(x), test::view(x), lower.data(), false, test::view(out)));
  x(2, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK_FALSE(metric_distances<double>(test::view(x), test::view(x), lower.data(), false, test::view(out)));
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
