#include <doctest/doctest.h>

#include <vector>

#include "mmlcore/singular/svd.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("singular");

// |A - U S V'| <= 30 n u |A| and orthogonality to 30 n u, as LAPACK's own tests demand; one matrix, lanes, threads.
TEST_CASE_TEMPLATE("A = U diag(s) V', thin and full, one and stacks", T, float, double) {
  for (const auto& [m, n] :
       {std::pair<index_t, index_t>{1, 1}, {3, 3}, {5, 2}, {2, 9}, {16, 16}, {20, 7}, {24, 31}, {60, 45}}) {
    for (const index_t count : {index_t{1}, index_t{11}}) {
      for (const bool full : {false, true}) {
        for (const double unit : {1.0, 1e-30, 0.0}) {
          const index_t p = std::min(m, n), wide = full ? m : p, tall = full ? n : p;
          const test::Matrix<T> a = static_cast<T>(unit) * test::random_matrix<T>(count * m, n, 3);
          test::Matrix<T> u(count * m, wide), v(count * tall, n), s(count, p);
          REQUIRE(svd<T>(test::stack<const T>(a.data(), count, m, n), test::stack<T>(u.data(), count, m, wide), s.data(),
                         test::stack<T>(v.data(), count, tall, n)));
          const double room = 30 * test::kUnit<T> * static_cast<double>(std::max(m, n));
          for (index_t i = 0; i < count; ++i) {
            const Eigen::MatrixXd item = a.middleRows(i * m, m).template cast<double>();
            const Eigen::MatrixXd left = u.middleRows(i * m, m).template cast<double>();
            const Eigen::MatrixXd right = v.middleRows(i * tall, tall).template cast<double>();
            const Eigen::VectorXd values = s.row(i).template cast<double>();
            const Eigen::MatrixXd again = left.leftCols(p) * values.asDiagonal() * right.topRows(p);
            CHECK((item - again).norm() <= room * item.norm());
            CHECK((left.transpose() * left - Eigen::MatrixXd::Identity(wide, wide)).norm() <= room);
            CHECK((right * right.transpose() - Eigen::MatrixXd::Identity(tall, tall)).norm() <= room);
            for (index_t k = 1; k < p; ++k) CHECK(values[k] <= values[k - 1]);
          }
        }
      }
    }
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
