#include <doctest/doctest.h>

#include <utility>
#include <vector>

#include "mmlcore/core/errors.hpp"
#include "mmlcore/orthogonal/gram_schmidt.hpp"
#include "mmlcore/orthogonal/qr.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("orthogonal");

// || I - Q'Q || / (n u) and || A - QR || / (m u ||A||), the ratios of LAPACK's dqrt01.
template <class T>
void check_factors(const test::Matrix<T>& a, const test::Matrix<T>& q, const test::Matrix<T>& r) {
  const double m = static_cast<double>(std::max(a.rows(), a.cols()));
  const Eigen::MatrixXd wide = q.template cast<double>();
  const Eigen::MatrixXd left = wide.transpose() * wide - Eigen::MatrixXd::Identity(q.cols(), q.cols());
  CHECK(left.norm() <= 30 * m * test::kUnit<T>);
  const Eigen::MatrixXd apart = a.template cast<double>() - wide * r.template cast<double>();
  CHECK(apart.norm() <= 30 * m * test::kUnit<T> * a.template cast<double>().norm());
  for (index_t i = 0; i < r.rows(); ++i) {
    CHECK(r(i, i) >= 0);
    for (index_t j = 0; j < std::min(i, r.cols()); ++j) CHECK(r(i, j) == 0);
  }
}

TEST_CASE_TEMPLATE("one matrix: square, tall, wide, of low rank", T, float, double) {
  const index_t shapes[][2] = {{1, 1}, {3, 3}, {5, 2}, {2, 5}, {40, 40}, {300, 7}, {7, 60}, {500, 64}};
  for (const auto& [m, n] : shapes) {
    test::Matrix<T> a = test::random_matrix<T>(m, n, 1);
    for (const bool low : {false, true}) {
      if (low && n > 1) a.col(n - 1) = 2 * a.col(0);
      const index_t p = std::min(m, n);
      test::Matrix<T> q(m, p), r(p, n);
      qr<T>(test::stack<const T>(a.data(), 1, m, n), test::stack<T>(q.data(), 1, m, p), test::stack<T>(r.data(), 1, p, n));
      check_factors<T>(a, q, r);
      householder_qr<T>(test::view(std::as_const(a)), test::view(q), test::view(r));
      check_factors<T>(a, q, r);
    }
  }
}

TEST_CASE_TEMPLATE("stacks in lanes", T, float, double) {
  for (const auto& [m, n] : {std::pair<index_t, index_t>{2, 2}, {4, 3}, {3, 4}, {10, 5}}) {
    const index_t count = 13, p = std::min(m, n);
    const auto a = test::random_matrix<T>(count * m, n, 2);
    test::Matrix<T> q(count * m, p), r(count * p, n);
    qr<T>(test::stack<const T>(a.data(), count, m, n), test::stack<T>(q.data(), count, m, p),
          test::stack<T>(r.data(), count, p, n));
    for (index_t i = 0; i < count; ++i) {
      check_factors<T>(a.middleRows(i * m, m), q.middleRows(i * m, m), r.middleRows(i * p, p));
    }
  }
}

TEST_CASE_TEMPLATE("Gram-Schmidt is orthogonal to rounding for badly conditioned columns, and finds dependent ones", T,
                   float, double) {
  const index_t m = 60, n = 8;
  test::Matrix<T> a = test::random_matrix<T>(m, n, 3);
  for (index_t j = 1; j < n; ++j) a.col(j) = a.col(0) + T(1e-3) * a.col(j);
  a.col(5) = a.col(1) + a.col(2);
  test::Matrix<T> q(m, n);
  std::vector<T> norms(n);
  gram_schmidt<T>(test::view(std::as_const(a)), test::view(q), norms.data(), 100 * test::kUnit<T>);
  CHECK(norms[5] == 0);
  CHECK(q.col(5).isZero());
  Eigen::MatrixXd gram = q.template cast<double>().transpose() * q.template cast<double>();
  gram(5, 5) = 1;
  CHECK((gram - Eigen::MatrixXd::Identity(n, n)).cwiseAbs().maxCoeff() <= 10 * test::kUnit<T>);
}

TEST_CASE("numbers that are none are refused") {
  test::Matrix<double> a = test::random_matrix<double>(6, 3), q(6, 3);
  double norms[3];
  a(4, 1) = std::numeric_limits<double>::infinity();
  CHECK_THROWS_AS(gram_schmidt<double>(test::view(std::as_const(a)), test::view(q), norms, 1e-12), DomainError);
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
