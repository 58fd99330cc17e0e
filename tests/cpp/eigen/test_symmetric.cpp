#include <doctest/doctest.h>

#include "mmlcore/core/signs.hpp"
#include "mmlcore/eigen/jacobi.hpp"
#include "mmlcore/eigen/tridiagonal.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("eigen");

template <class T>
test::Matrix<T> symmetric(index_t n, unsigned seed) {
  const auto a = test::random_matrix<T>(n, n, seed);
  return (a + a.transpose()) / 2;
}

// || A V - V D || / (n u ||A||) and || I - V'V || / (n u), the ratios of LAPACK's dsyt21.
TEST_CASE_TEMPLATE("Jacobi's rotations in lanes", T, float, double) {
  for (index_t n = 2; n <= kJacobiOrder; ++n) {
    const index_t count = 9;
    test::Matrix<T> a(count * n, n), vectors(count * n, n);
    std::vector<T> values(static_cast<std::size_t>(count * n));
    for (index_t i = 0; i < count; ++i) a.middleRows(i * n, n) = symmetric<T>(n, static_cast<unsigned>(i));
    a.middleRows(0, n).setIdentity();  // repeated eigenvalues
    std::vector<T> alone(values);
    jacobi<T>(test::stack<const T>(a.data(), count, n, n), values.data(), test::stack<T>(vectors.data(), count, n, n));
    jacobi<T>(test::stack<const T>(a.data(), count, n, n), alone.data(), {});
    CHECK(alone == values);
    for (index_t i = 0; i < count; ++i) {
      const Eigen::MatrixXd ai = a.middleRows(i * n, n).template cast<double>();
      const Eigen::MatrixXd v = vectors.middleRows(i * n, n).template cast<double>();
      const Eigen::VectorXd d =
          Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, 1>>(values.data() + i * n, n).template cast<double>();
      const double bound = 10.0 * static_cast<double>(n) * test::kUnit<T>;
      CHECK((ai * v - v * d.asDiagonal()).norm() <= bound * ai.norm());
      CHECK((v.transpose() * v - Eigen::MatrixXd::Identity(n, n)).norm() <= bound);
      for (index_t j = 1; j < n; ++j) CHECK(d[j - 1] <= d[j]);
    }
  }
}

TEST_CASE("the largest eigenpairs by the tridiagonal form") {
  for (const index_t n : {2, 9, 50, 130}) {
    const auto a = symmetric<double>(n, 4);
    const index_t k = std::min<index_t>(n, 5);
    const auto t = tridiagonalize(test::view(a));
    std::vector<double> values(static_cast<std::size_t>(k));
    largest_values(t, k, values.data());
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> right(a);
    for (index_t j = 0; j < k; ++j) {
      CHECK(values[static_cast<std::size_t>(j)] / t.scale == doctest::Approx(right.eigenvalues()[n - 1 - j]).epsilon(1e-12));
    }
    test::Matrix<double> z(k, n);
    inverse_iteration(t, k, values.data(), test::view(z));
    back_transform(t, test::view(z));
    for (index_t j = 0; j < k; ++j) {
      const Eigen::VectorXd v = z.row(j);
      const double value = values[static_cast<std::size_t>(j)] / t.scale;
      CHECK((a * v - value * v).norm() <= 1e-12 * a.norm());
    }
  }
}

TEST_CASE_TEMPLATE("the leading entry of each column is made positive, and real", T, float, double) {
  test::Matrix<T> v(3, 2);
  v << T(0.1), T(-0.6), T(-0.9), T(0.6), T(0.2), T(0.1);
  const test::Matrix<T> before = v;
  point_columns(test::view(v));
  CHECK(v.col(0) == -before.col(0));
  CHECK(v.col(1) == -before.col(1));  // of equal sizes the first leads
  Eigen::Matrix<std::complex<T>, 2, 2, Eigen::RowMajor> c;
  c << std::complex<T>(0, 3), std::complex<T>(1, 0), std::complex<T>(4, 0), std::complex<T>(0, -1);
  const auto start = c;
  point_columns(c_order(c.data(), 2, 2));
  CHECK(c(1, 0) == std::complex<T>(4, 0));
  CHECK(c(0, 0) == std::complex<T>(0, 3));
  CHECK(c(0, 1) == start(0, 1));
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
