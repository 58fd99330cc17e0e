#include <doctest/doctest.h>

#include <cmath>
#include <utility>

#include "mmlcore/core/parallel.hpp"
#include "mmlcore/optimize/logistic.hpp"
#include "programs.hpp"
#include "support.hpp"

namespace mmlcore::optimize {
namespace {

TEST_SUITE_BEGIN("optimize");

struct Classes {
  Classes(index_t n, index_t d, unsigned seed) : x(test::random_matrix<double>(n, d, seed)), y(n) {
    const auto noise = test::random_matrix<double>(n, 1, seed + 1);
    for (index_t i = 0; i < n; ++i) y[i] = 0.7 * x(i, 0) + noise(i, 0) > 0.2 ? 1 : 0;
  }
  test::Matrix<double> x;
  Eigen::VectorXd y;
};

// At the solution X'(p - y) + ridge b = 0, and the covariance without a ridge is the inverse of X' diag(p (1 - p)) X.
template <class T>
void check(const Classes& data, const LogisticOptions& options, bool columns, double tol) {
  const index_t n = data.x.rows(), d = data.x.cols(), side = d + options.constant;
  const test::Matrix<T> rows = data.x.cast<T>();
  const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> other = rows;  // in columns
  const MatrixView<const T> view = columns ? f_order(other.data(), n, d, n) : test::view(rows);
  const LogisticLine found = logistic_fit<T>(view, data.y.data(), options);
  REQUIRE(found.end == LogisticEnd::Converged);
  Eigen::MatrixXd whole = Eigen::MatrixXd::Ones(n, side);
  whole.leftCols(d) = rows.template cast<double>();
  Eigen::VectorXd b = Eigen::VectorXd::Zero(side), penalty = Eigen::VectorXd::Zero(side);
  for (index_t j = 0; j < d; ++j) b[j] = found.coefficients[j], penalty[j] = options.ridge;
  if (options.constant) b[d] = found.constant;
  const Eigen::VectorXd p = (1 + (-(whole * b).array()).exp()).inverse();
  const Eigen::VectorXd slope = whole.transpose() * (p - data.y) + penalty.cwiseProduct(b);
  const Eigen::MatrixXd hessian = whole.transpose() * (p.array() * (1 - p.array())).matrix().asDiagonal() * whole;
  CHECK(slope.norm() <= tol * std::sqrt(static_cast<double>(n)));
  const Eigen::Map<const Eigen::MatrixXd> covariance(found.covariance.data(), side, side);
  const Eigen::MatrixXd inverse = (hessian + Eigen::MatrixXd(penalty.asDiagonal())).inverse();
  CHECK((covariance - inverse * hessian * inverse).norm() <= 1e-6 * covariance.norm());
}

TEST_CASE("the gradient is zero and the covariance that of the likelihood") {
  for (const int threads : {1, 3}) {
    const test::WithThreads with(threads);
    for (const index_t d : {1, 3, 30, 101}) {
      const Classes data(40 * d + 61, d, static_cast<unsigned>(d));
      for (const bool constant : {true, false}) {
        for (const double ridge : {0.0, 2.5}) {
          const LogisticOptions options{ridge, constant};
          check<double>(data, options, d == 3, 1e-7);
          check<float>(data, options, d == 30, 1e-5);
        }
      }
    }
  }
}

TEST_CASE("many rows begin with some of them") { check<double>(Classes(30000, 20, 5), {0.0, true}, false, 1e-6); }

TEST_CASE("what has no solution is told by its reason") {
  Classes data(60, 2, 3);
  const auto end = [&] { return logistic_fit<double>(test::view(std::as_const(data.x)), data.y.data(), {}).end; };
  for (index_t i = 0; i < 60; ++i) data.y[i] = data.x(i, 1) > 0;
  CHECK(end() == LogisticEnd::Separated);
  data.x.col(1) = 3 * data.x.col(0);
  CHECK(end() == LogisticEnd::Dependent);
  data.x(7, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK(end() == LogisticEnd::NotFinite);
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore::optimize
