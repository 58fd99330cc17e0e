#include <doctest/doctest.h>

#include <Eigen/SVD>
#include <vector>

#include "mmlcore/singular/singular_values.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("singular");

// Ratios of the values: they come in units of a power of two.
TEST_CASE_TEMPLATE("values of one matrix and of stacks, beside Eigen's", T, float, double) {
  for (const auto& [m, n] : {std::pair<index_t, index_t>{1, 1}, {3, 3}, {5, 2}, {2, 9}, {16, 16}, {40, 7}, {33, 45}}) {
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

TEST_CASE("what is not finite is told") {
  test::Matrix<double> a = test::random_matrix<double>(3, 3);
  a(1, 2) = std::numeric_limits<double>::infinity();
  double values[3];
  CHECK_FALSE(scaled_singular_values<double>(test::stack<const double>(a.data(), 1, 3, 3), values));
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
