#include <doctest/doctest.h>

#include <Eigen/SVD>
#include <vector>

#include "mmlcore/singular/small_values.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("singular");

// Ratios of the values: they come in units of a power of two.
TEST_CASE_TEMPLATE("values of one matrix and of stacks, beside Eigen's", T, float, double) {
  for (const auto& [m, n] : {std::pair<index_t, index_t>{1, 1}, {3, 3}, {5, 2}, {2, 9}, {16, 16}, {40, 7}}) {
    constexpr index_t count = 11;
    const test::Matrix<T> all = test::random_matrix<T>(count * m, n, static_cast<unsigned>(m));
    const auto items = test::stack<const T>(all.data(), count, m, n);
    const index_t p = std::min(m, n);
    std::vector<double> stacked(static_cast<std::size_t>(count * p)), one(static_cast<std::size_t>(p));
    REQUIRE(scaled_singular_values<T>(items, stacked.data()));
    for (index_t i = 0; i < count; ++i) {
      const Eigen::MatrixXd a = all.middleRows(i * m, m).template cast<double>();
      const Eigen::VectorXd right = Eigen::JacobiSVD<Eigen::MatrixXd>(a).singularValues();
      const test::Matrix<T> single = all.middleRows(i * m, m);
      REQUIRE(scaled_singular_values<T>(test::stack<const T>(single.data(), 1, m, n), one.data()));
      for (index_t k = 0; k < p; ++k) {
        const auto at = static_cast<std::size_t>(k);
        const double share = right[k] / right[0], room = 100 * test::kUnit<double> * static_cast<double>(m + n);
        CHECK(std::abs(one[at] / one[0] - share) <= room);
        CHECK(std::abs(stacked[static_cast<std::size_t>(i * p) + at] / stacked[static_cast<std::size_t>(i * p)] - share) <=
              room);
      }
    }
  }
}

TEST_CASE("right vectors: A v = value u, orthonormal, in the units of A") {
  for (const auto& [m, n] : {std::pair<index_t, index_t>{4, 4}, {9, 5}, {3, 7}, {100, 16}}) {
    for (const double unit : {1.0, 1e-200, 1e200}) {
      const test::Matrix<double> a = unit * test::random_matrix<double>(m, n, 3);
      test::Matrix<double> right(n, n);
      std::vector<double> values(static_cast<std::size_t>(n));
      REQUIRE(right_singular_vectors<double>(test::view(a), values.data(), test::view(right)));
      CHECK((right.transpose() * right - Eigen::MatrixXd::Identity(n, n)).norm() <= 1e-13);
      const Eigen::MatrixXd images = a * right;
      for (index_t j = 0; j < n; ++j) {
        CHECK(std::abs(images.col(j).stableNorm() / unit - values[static_cast<std::size_t>(j)] / unit) <= 1e-12);
      }
    }
  }
}

TEST_CASE("what is not finite is told") {
  test::Matrix<double> a = test::random_matrix<double>(3, 3);
  a(1, 2) = std::numeric_limits<double>::infinity();
  double values[3];
  CHECK_FALSE(scaled_singular_values<double>(test::stack<const double>(a.data(), 1, 3, 3), values));
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
