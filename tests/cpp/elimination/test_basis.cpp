#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "mmlcore/elimination/basis.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("elimination");

template <class T>
double tolerance(index_t n) {
  return static_cast<double>(n) * test::kUnit<T>;
}

TEST_CASE_TEMPLATE("coordinates of few and many vectors, in columns of any length", T, float, double) {
  for (const index_t n : {1, 3, 8, 9, 40, 90}) {
    test::Matrix<T> b = test::random_matrix<T>(n, n, 1) + 3 * test::Matrix<T>::Identity(n, n);
    for (index_t j = 0; j < n; ++j) b.col(j) *= static_cast<T>(std::ldexp(1.0, static_cast<int>(j % 9) - 4));
    for (const index_t count : {1, 5, 700}) {
      const test::Matrix<T> x = test::random_matrix<T>(count, n, 2);
      test::Matrix<T> found(count, n);
      REQUIRE(coordinates<T>(test::stack<const T>(x.data(), count, 1, n), test::view(std::as_const(b)), tolerance<T>(n),
                             found.data()));
      const Eigen::MatrixXd wide = found.template cast<double>(), basis = b.template cast<double>();
      const double room = 100 * static_cast<double>(n) * test::kUnit<T> * wide.norm() * basis.norm();
      CHECK((wide * basis.transpose() - x.template cast<double>()).norm() <= room);
    }
  }
}

TEST_CASE_TEMPLATE("columns that are dependent up to rounding, or not finite, are no basis", T, float, double) {
  for (const index_t n : {2, 8, 9, 40}) {
    test::Matrix<T> b = test::random_matrix<T>(n, n, 3);
    const test::Matrix<T> x = test::random_matrix<T>(1, n, 4);
    std::vector<T> found(static_cast<std::size_t>(n));
    const auto is_basis = [&] {
      return coordinates<T>(test::stack<const T>(x.data(), 1, 1, n), test::view(std::as_const(b)), tolerance<T>(n),
                            found.data());
    };
    const test::Matrix<T> last = b.col(n - 1);
    b.col(n - 1) = b.leftCols(n - 1).rowwise().sum();
    CHECK_FALSE(is_basis());
    b(0, n - 1) *= 1 + std::numeric_limits<T>::epsilon();
    CHECK_FALSE(is_basis());
    b.col(n - 1) = last;
    b(n - 1, 0) = std::numeric_limits<T>::quiet_NaN();
    CHECK_FALSE(is_basis());
    b.row(n - 1).setZero();
    CHECK_FALSE(is_basis());
  }
}

TEST_CASE_TEMPLATE("maps in another basis, one and a stack", T, float, double) {
  for (const index_t n : {1, 4, 20, 70}) {
    for (const index_t count : {1, 6}) {
      const test::Matrix<T> a = test::random_matrix<T>(count * n, n, 5);
      test::Matrix<T> b = test::random_matrix<T>(count * n, n, 6), found(count * n, n);
      for (index_t i = 0; i < count * n; ++i) b(i, i % n) += 4;
      const auto all = [&](test::Matrix<T>& m) { return test::stack<T>(m.data(), count, n, n); };
      const auto given = test::stack<const T>(b.data(), count, n, n);
      REQUIRE(change_basis<T>(test::stack<const T>(a.data(), count, n, n), given, all(found)));
      for (index_t i = 0; i < count; ++i) {
        const Eigen::MatrixXd x = found.middleRows(i * n, n).template cast<double>(),
                              basis = b.middleRows(i * n, n).template cast<double>(),
                              map = a.middleRows(i * n, n).template cast<double>();
        CHECK((basis * x - map * basis).norm() <= 100 * n * test::kUnit<T> * basis.norm() * (x.norm() + map.norm()));
      }
      b.topRows(n).setZero();
      CHECK_FALSE(change_basis<T>(test::stack<const T>(a.data(), count, n, n), given, all(found)));
    }
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
