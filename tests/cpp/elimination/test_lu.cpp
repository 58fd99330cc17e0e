#include <doctest/doctest.h>

#include <utility>
#include <vector>

#include "mmlcore/core/errors.hpp"
#include "mmlcore/elimination/determinant.hpp"
#include "mmlcore/elimination/lu.hpp"
#include "mmlcore/elimination/solve_batch.hpp"
#include "mmlcore/elimination/triangular.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("elimination");

template <class T>
double norm(const test::Matrix<T>& a) {
  return a.template cast<double>().norm();
}

// || P A - L U || / (n u ||A||): the test ratio of LAPACK's own test program (dget01), which passes below 30.
TEST_CASE_TEMPLATE("factors of matrices of all sizes", T, float, double) {
  for (const index_t n : {1, 2, 3, 8, 17, 31, 64, 65, 200, 333}) {
    const auto a = test::random_matrix<T>(n, n, static_cast<unsigned>(n));
    test::Matrix<T> lu = a, turned = a;
    std::vector<index_t> pivots(static_cast<std::size_t>(n));
    CHECK(lu_factor<T>(test::view(lu), pivots.data(), n > 100) == -1);
    for (index_t k = 0; k < n; ++k) {
      const index_t p = pivots[static_cast<std::size_t>(k)];
      CHECK(p >= k);
      turned.row(k).swap(turned.row(p));
    }
    const test::Matrix<T> lower = lu.template triangularView<Eigen::UnitLower>();
    const test::Matrix<T> upper = lu.template triangularView<Eigen::Upper>();
    CHECK(lower.cwiseAbs().maxCoeff() <= 1);
    const test::Matrix<T> left = turned - lower * upper;
    CHECK(norm<T>(left) <= 30.0 * static_cast<double>(n) * test::kUnit<T> * norm<T>(a));
  }
}

TEST_CASE("a column without a pivot is told, and the factors are complete") {
  test::Matrix<double> a(3, 3);
  a << 1, 2, 3, 2, 4, 6, 1, 0, 1;
  test::Matrix<double> lu = a;
  index_t pivots[3];
  CHECK(lu_factor<double>(test::view(lu), pivots, false) == 2);
  CHECK(lu(2, 2) == 0);
}

// || b - A x || / (||A|| ||x|| n u), dget02's ratio.
TEST_CASE_TEMPLATE("solutions have small residuals, stacks in lanes and single ones", T, float, double) {
  for (const index_t n : {1, 2, 3, 4, 5, 9, 16, 17, 40}) {
    const index_t count = 11, k = 2;
    const auto a = test::random_matrix<T>(count * n, n, 3);
    const auto b = test::random_matrix<T>(count * n, k, 4);
    test::Matrix<T> x(count * n, k);
    solve_batch<T>(test::stack<const T>(a.data(), count, n, n), test::stack<const T>(b.data(), count, n, k),
                   test::stack<T>(x.data(), count, n, k));
    for (index_t i = 0; i < count; ++i) {
      const test::Matrix<T> ai = a.middleRows(i * n, n), xi = x.middleRows(i * n, n), bi = b.middleRows(i * n, n);
      const test::Matrix<T> left = bi - ai * xi;
      CHECK(norm<T>(left) <= 30.0 * static_cast<double>(n) * test::kUnit<T> * norm<T>(ai) * norm<T>(xi));
    }
  }
}

TEST_CASE("singular matrices and numbers that are none are told by exceptions that name the item") {
  test::Matrix<double> a = test::random_matrix<double>(20, 2, 5), b = test::random_matrix<double>(20, 1, 6), x(20, 1);
  const auto solve = [&] {
    solve_batch<double>(test::stack<const double>(a.data(), 10, 2, 2), test::stack<const double>(b.data(), 10, 2, 1),
                        test::stack<double>(x.data(), 10, 2, 1));
  };
  CHECK_NOTHROW(solve());
  a.row(14).setZero();
  CHECK_THROWS_WITH_AS(solve(), doctest::Contains("matrix 7 of the batch"), SingularMatrix);
  a(14, 0) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH_AS(solve(), doctest::Contains("matrix 7 of the batch"), DomainError);
}

TEST_CASE_TEMPLATE("determinants beside Eigen's, and beyond the range", T, float, double) {
  for (const index_t n : {1, 2, 3, 4, 7, 16, 20, 30}) {
    const auto a = test::random_matrix<T>(n, n, static_cast<unsigned>(n));
    T got = 0;
    std::int64_t exponent = 0;
    REQUIRE(determinant<T>(test::view(a), false, got, exponent));
    const Eigen::MatrixXd wide = a.template cast<double>();
    const double right = wide.determinant(), condition = wide.norm() * wide.inverse().norm();
    CHECK(std::ldexp(static_cast<double>(got), static_cast<int>(exponent)) ==
          doctest::Approx(right).epsilon(4 * static_cast<double>(n) * test::kUnit<T> * condition));
  }
  test::Matrix<T> tiny = test::Matrix<T>::Identity(400, 400) * T(0.125);
  T mantissa = 0;
  std::int64_t exponent = 0;
  REQUIRE(determinant<T>(test::view(tiny), false, mantissa, exponent));
  CHECK(mantissa == 1);
  CHECK(exponent == -1200);
}

TEST_CASE_TEMPLATE("triangular systems", T, float, double) {
  for (const index_t n : {1, 5, 8, 9, 70, 200}) {
    const index_t k = 3;
    test::Matrix<T> t = test::random_matrix<T>(n, n, 8) / T(n);
    t.diagonal().setOnes();
    const auto b = test::random_matrix<T>(n, k, 9);
    test::Matrix<T> x = b;
    solve_unit_lower<T>(test::view(std::as_const(t)), test::view(x), false);
    const test::Matrix<T> lower = t.template triangularView<Eigen::UnitLower>();
    CHECK(norm<T>(test::Matrix<T>(b - lower * x)) <= 30.0 * n * test::kUnit<T> * norm<T>(lower) * norm<T>(x));
    x = b;
    solve_upper<T>(test::view(std::as_const(t)), test::view(x), true);
    const test::Matrix<T> upper = t.template triangularView<Eigen::Upper>();
    CHECK(norm<T>(test::Matrix<T>(b - upper * x)) <= 30.0 * n * test::kUnit<T> * norm<T>(upper) * norm<T>(x));
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
