#include <doctest/doctest.h>

#include <Eigen/SVD>
#include <algorithm>
#include <complex>
#include <vector>

#include "mmlcore/singular/complex_svd.hpp"
#include "mmlcore/singular/pivoted_factors.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("singular");

template <class T>
test::Matrix<T> draw(index_t m, index_t n, unsigned seed) {
  using R = RealPart<T>;
  test::Matrix<T> a(m, n);
  if constexpr (Complex<T>) {
    a.real() = test::random_matrix<R>(m, n, seed);
    a.imag() = test::random_matrix<R>(m, n, seed + 100);
  } else {
    a = test::random_matrix<T>(m, n, seed);
  }
  return a;
}

const std::vector<std::pair<index_t, index_t>> kShapes{{1, 1}, {3, 3}, {5, 2}, {2, 9}, {16, 16}, {40, 7}, {33, 45}};

TEST_CASE_TEMPLATE("complex matrices and stacks: values beside Eigen's, U S V* = A, thin and full", R, float, double) {
  using T = std::complex<R>;
  constexpr index_t count = 3;
  for (const auto& [m, n] : kShapes) {
    const index_t p = std::min(m, n);
    const test::Matrix<T> all = draw<T>(count * m, n, static_cast<unsigned>(m));
    const auto items = test::stack<const T>(all.data(), count, m, n);
    for (const bool full : {false, true}) {
      const index_t cols = full ? m : p, others = full ? n : p;
      test::Matrix<T> u(count * m, cols), v(count * n, others);
      const auto left = test::stack<T>(u.data(), count, m, cols), right = test::stack<T>(v.data(), count, n, others);
      std::vector<double> values(static_cast<std::size_t>(count * p)), alone(values);
      std::vector<int> powers(count), own(count);
      REQUIRE(complex_svd<T>(items, values.data(), powers.data(), &left, &right, false));
      REQUIRE(complex_svd<T>(items, alone.data(), own.data(), nullptr, nullptr, false));
      const double room = 60 * static_cast<double>(test::kUnit<R>) * static_cast<double>(m + n);
      for (index_t i = 0; i < count; ++i) {
        const test::Matrix<std::complex<double>> a = all.middleRows(i * m, m).template cast<std::complex<double>>(),
                                                 x = u.middleRows(i * m, m).template cast<std::complex<double>>(),
                                                 y = v.middleRows(i * n, n).template cast<std::complex<double>>();
        const Eigen::VectorXd expected = Eigen::JacobiSVD<test::Matrix<std::complex<double>>>(a).singularValues();
        Eigen::VectorXd s(p);
        for (index_t k = 0; k < p; ++k) {
          const auto at = static_cast<std::size_t>(i * p + k);
          s[k] = std::ldexp(values[at], powers[static_cast<std::size_t>(i)]);
          CHECK(std::abs(s[k] - expected[k]) <= room * expected[0]);
          CHECK(std::abs(std::ldexp(alone[at], own[static_cast<std::size_t>(i)]) - expected[k]) <= room * expected[0]);
        }
        CHECK((x.leftCols(p) * s.asDiagonal() * y.leftCols(p).adjoint() - a).norm() <= room * a.norm());
        CHECK((x.adjoint() * x - test::Matrix<std::complex<double>>::Identity(cols, cols)).norm() <= room * 10);
        CHECK((y.adjoint() * y - test::Matrix<std::complex<double>>::Identity(others, others)).norm() <= room * 10);
      }
    }
  }
  test::Matrix<T> a = draw<T>(3, 3, 1);
  a(1, 2) = {0, std::numeric_limits<R>::infinity()};
  double values[3];
  int power = 0;
  CHECK_FALSE(complex_svd<T>(test::stack<const T>(a.data(), 1, 3, 3), values, &power, nullptr, nullptr, false));
}

TEST_CASE_TEMPLATE("A P = Q R with a falling diagonal, of full and low rank, thin and complete", T, float, double,
                   std::complex<float>, std::complex<double>) {
  using R = RealPart<T>;
  for (const auto& [m, n] : kShapes) {
    for (const bool low : {false, true}) {
      const index_t p = std::min(m, n);
      test::Matrix<T> a = draw<T>(m, n, static_cast<unsigned>(n));
      if (low) a = (draw<T>(m, 1, 3) * draw<T>(1, n, 4)).eval();
      for (const index_t cols : {p, m}) {
        test::Matrix<T> q(m, cols), r(cols, n), chosen(m, n);
        std::vector<std::int64_t> order(static_cast<std::size_t>(n));
        REQUIRE(pivoted_factors<T>(test::view(std::as_const(a)), test::view(q), test::view(r), order.data()));
        for (index_t j = 0; j < n; ++j) chosen.col(j) = a.col(order[static_cast<std::size_t>(j)]);
        std::sort(order.begin(), order.end());
        for (index_t j = 0; j < n; ++j) CHECK(order[static_cast<std::size_t>(j)] == j);
        const R room = 40 * test::kUnit<R> * static_cast<R>(m + n);
        CHECK((q * r - chosen).norm() <= room * a.norm());
        CHECK((q.adjoint() * q - test::Matrix<T>::Identity(cols, cols)).norm() <= room * 4);
        for (index_t k = 0; k < p; ++k) {
          CHECK(std::imag(r(k, k)) == 0);
          CHECK(std::real(r(k, k)) >= 0);
          if (k > 0) CHECK(std::real(r(k, k)) <= std::real(r(k - 1, k - 1)) * (1 + 8 * test::kUnit<R>)+room * a.norm());
          for (index_t i = k + 1; i < cols; ++i) CHECK(r(i, k) == T{0});
        }
        if (low && p > 1) CHECK(std::abs(r(1, 1)) <= room * a.norm());
      }
    }
  }
  test::Matrix<T> a = draw<T>(3, 3, 1), q(3, 3), r(3, 3);
  a(1, 2) = std::numeric_limits<R>::quiet_NaN();
  std::int64_t order[3];
  CHECK_FALSE(pivoted_factors<T>(test::view(std::as_const(a)), test::view(q), test::view(r), order));
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
