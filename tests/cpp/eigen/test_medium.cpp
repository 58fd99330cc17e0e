#include <doctest/doctest.h>

#include <Eigen/Eigenvalues>
#include <complex>
#include <vector>

#include "mmlcore/eigen/general_pairs.hpp"
#include "mmlcore/eigen/symmetric_pairs.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("eigen");

TEST_CASE_TEMPLATE("symmetric pairs by QL: residuals and orthogonality", T, float, double) {
  for (const index_t n : {1, 2, 9, 17, 50, 100}) {
    const test::Matrix<T> g = test::random_matrix<T>(n, n, static_cast<unsigned>(n));
    const test::Matrix<T> a = g + g.transpose();
    std::vector<T> values(static_cast<std::size_t>(n));
    test::Matrix<T> vectors(n, n);
    REQUIRE(symmetric_pairs<T>(test::view(a), values.data(), test::view(vectors)));
    const Eigen::MatrixXd exact = a.template cast<double>(), v = vectors.template cast<double>();
    Eigen::VectorXd w(n);
    for (index_t i = 0; i < n; ++i) w[i] = values[static_cast<std::size_t>(i)];
    const double room = 10 * static_cast<double>(n) * test::kUnit<T>;
    CHECK((exact * v - v * w.asDiagonal()).norm() <= room * exact.norm());
    CHECK((v.transpose() * v - Eigen::MatrixXd::Identity(n, n)).norm() <= room);
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
