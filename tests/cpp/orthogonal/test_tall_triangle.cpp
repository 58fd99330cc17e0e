#include <doctest/doctest.h>

#include <utility>

#include "mmlcore/core/parallel.hpp"
#include "mmlcore/orthogonal/tall_triangle.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("orthogonal");

// R'R = A'A, of one block of rows and of several, with the same bits for any number of threads.
TEST_CASE_TEMPLATE("R alone of a tall matrix", T, float, double) {
  for (const index_t n : {1, 3, 8, 20, 70}) {
    for (const index_t m : {n, 2 * n + 1, index_t{9000}}) {
      test::Matrix<T> a = test::random_matrix<T>(m, n, static_cast<unsigned>(n));
      a.col(n - 1) *= T{1e-5};
      test::Matrix<double> r(n, n), again(n, n);
      tall_triangle<T>(test::view(std::as_const(a)), 3, test::view(r));
      const Eigen::MatrixXd wide = a.template cast<double>() / 8;
      const Eigen::MatrixXd left = r.transpose() * r, right = wide.transpose() * wide;
      for (index_t j = 0; j < n; ++j) {
        for (index_t i = 0; i < n; ++i) {
          CHECK(std::abs(left(i, j) - right(i, j)) <= 1e-13 * wide.col(i).norm() * wide.col(j).norm());
          if (i > j) CHECK(r(i, j) == 0);
        }
      }
      const int threads = num_threads();
      set_num_threads(1);
      tall_triangle<T>(test::view(std::as_const(a)), 3, test::view(again));
      set_num_threads(threads);
      CHECK(r == again);
    }
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
