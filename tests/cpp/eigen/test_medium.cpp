#include <doctest/doctest.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <vector>

#include "mmlcore/eigen/general_pairs.hpp"
#include "mmlcore/eigen/secular.hpp"
#include "mmlcore/eigen/symmetric_pairs.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("eigen");

// Matrices on which divide and conquer has much to deflate, or little to tell roots apart by.
std::vector<Eigen::MatrixXd> hard_matrices(index_t n) {
  const Eigen::MatrixXd g = test::random_matrix<double>(n, n, static_cast<unsigned>(n));
  const Eigen::MatrixXd full = g + g.transpose();
  Eigen::VectorXd grades(n), distances(n);
  for (index_t i = 0; i < n; ++i) {
    grades[i] = std::pow(10.0, -12.0 * static_cast<double>(i) / static_cast<double>(n));
    distances[i] = std::abs(static_cast<double>(i) - static_cast<double>(n - 1) / 2);
  }
  Eigen::MatrixXd wilkinson = distances.asDiagonal();
  for (index_t i = 1; i < n; ++i) wilkinson(i, i - 1) = wilkinson(i - 1, i) = 1;
  return {full,
          grades.asDiagonal() * full * grades.asDiagonal(),
          Eigen::MatrixXd::Identity(n, n) + 1e-10 * full,
          wilkinson,
          g.leftCols(1) * g.leftCols(1).transpose(),
          Eigen::MatrixXd::Ones(n, n),
          Eigen::MatrixXd::Zero(n, n)};
}

TEST_CASE_TEMPLATE("symmetric pairs by divide and conquer: LAPACK's ratios; the same values alone; strides", T, float,
                   double) {
  for (const index_t n : {1, 2, 7, 8, 9, 16, 17, 33, 100, 211}) {
    for (const Eigen::MatrixXd& source : hard_matrices(n)) {
      test::Matrix<T> a = source.cast<T>();
      a.template triangularView<Eigen::StrictlyUpper>() = a.transpose();
      const Eigen::MatrixXd exact = a.template cast<double>();
      a.template triangularView<Eigen::StrictlyUpper>().setConstant(std::numeric_limits<T>::quiet_NaN());
      std::vector<T> values(static_cast<std::size_t>(n)), alone(values);
      test::Matrix<T> vectors(n, 2 * n);
      const MatrixView<T> every_second{vectors.data(), n, n, 2 * n, 2};
      REQUIRE(symmetric_pairs<T>(test::view(a), values.data(), every_second));
      REQUIRE(symmetric_values<T>(test::view(a), alone.data()));
      Eigen::MatrixXd v(n, n);
      Eigen::VectorXd w(n);
      const double room = 5 * static_cast<double>(n) * test::kUnit<T>, size = exact.norm();
      for (index_t i = 0; i < n; ++i) {
        w[i] = values[static_cast<std::size_t>(i)];
        CHECK(std::abs(w[i] - static_cast<double>(alone[static_cast<std::size_t>(i)])) <= room * size);
        for (index_t j = 0; j < n; ++j) v(i, j) = every_second(i, j);
      }
      CHECK((exact * v - v * w.asDiagonal()).norm() <= room * size);
      CHECK((v.transpose() * v - Eigen::MatrixXd::Identity(n, n)).cwiseAbs().maxCoeff() <= 2 * room);
      CHECK(std::is_sorted(values.begin(), values.end()));
    }
  }
}

TEST_CASE_TEMPLATE("symmetric pairs: what is not finite, or leaves the range, is told", T, float, double) {
  test::Matrix<T> a = test::Matrix<T>::Identity(20, 20), vectors(20, 20);
  T values[20];
  for (const T bad : {std::numeric_limits<T>::infinity(), std::numeric_limits<T>::quiet_NaN()}) {
    a(15, 4) = bad;
    CHECK_FALSE(symmetric_pairs<T>(test::view(a), values, test::view(vectors)));
    CHECK_FALSE(symmetric_values<T>(test::view(a), values));
  }
  a.setConstant(std::numeric_limits<T>::max() / 2);
  CHECK_FALSE(symmetric_values<T>(test::view(a), values));
  a.setConstant(std::numeric_limits<T>::denorm_min() * 8);
  REQUIRE(symmetric_values<T>(test::view(a), values));
  CHECK(values[19] == std::numeric_limits<T>::denorm_min() * 160);
}

// Roots against the sum of their terms, which changes its sign at them.
TEST_CASE_TEMPLATE("roots of the secular equation lie between the poles, where the equation changes its sign", T, float,
                   double) {
  for (const index_t count : {2, 3, 8, 17, 40}) {
    std::vector<T> d(64), z(64), origin(64), offset(64);
    const auto noise = test::random_matrix<double>(2, count, 3);
    T sum = 0;
    for (index_t i = 0; i < count; ++i) {
      const auto at = static_cast<std::size_t>(i);
      d[at] = static_cast<T>(static_cast<double>(i) + 0.3 * std::tanh(noise(0, i)));
      z[at] = static_cast<T>(noise(1, i) * noise(1, i) * (i % 5 == 0 ? 1e-6 : 1) + 1e-8);
      sum += z[at];
    }
    for (T& x : z) x /= sum;
    const T rho = 2;
    secular_roots<T>(0, count, count, rho, d.data(), z.data(), origin.data(), offset.data());
    const auto value = [&](std::size_t root, double shift) {
      double f = 1.0 / rho;
      for (std::size_t k = 0; k < static_cast<std::size_t>(count); ++k) {
        f += z[k] / ((static_cast<double>(d[k]) - origin[root]) - offset[root] * (1 + shift));
      }
      return f;
    };
    for (std::size_t j = 0; j < static_cast<std::size_t>(count); ++j) {
      const double root = static_cast<double>(origin[j]) + offset[j];
      CHECK(root >= d[j]);
      if (j + 1 < static_cast<std::size_t>(count)) CHECK(root <= d[j + 1]);
      const double step = offset[j] > 0 ? 1e4 * test::kUnit<T> : -1e4 * test::kUnit<T>;
      CHECK(value(j, -step) < 0);
      CHECK(value(j, step) > 0);
    }
  }
}

TEST_CASE("general pairs: residuals, conjugate values, and what is told of them") {
  for (const index_t n : {1, 2, 3, 10, 48}) {
    const test::Matrix<double> a = test::random_matrix<double>(n, n, static_cast<unsigned>(n));
    std::vector<std::complex<double>> values(static_cast<std::size_t>(n)), vectors(static_cast<std::size_t>(n * n));
    const auto told = general_pairs<double>(test::stack<const double>(a.data(), 1, n, n), values.data(), vectors.data());
    CHECK(told.found);
    CHECK(told.sharp);
    std::complex<double> sum = 0;
    for (index_t k = 0; k < n; ++k) {
      sum += values[static_cast<std::size_t>(k)];
      for (index_t i = 0; i < n; ++i) {
        std::complex<double> image = 0;
        for (index_t j = 0; j < n; ++j) image += a(i, j) * vectors[static_cast<std::size_t>(j * n + k)];
        const auto right = values[static_cast<std::size_t>(k)] * vectors[static_cast<std::size_t>(i * n + k)];
        CHECK(std::abs(image - right) <= 1e-12 * a.norm());
      }
    }
    CHECK(std::abs(sum - a.trace()) <= 1e-12 * a.norm());
  }
  const test::Matrix<double> bad = test::Matrix<double>::Constant(2, 2, std::numeric_limits<double>::quiet_NaN());
  std::complex<double> values[2];
  CHECK_FALSE(general_pairs<double>(test::stack<const double>(bad.data(), 1, 2, 2), values, nullptr).found);
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
