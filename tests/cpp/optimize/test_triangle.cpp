#include <doctest/doctest.h>

#include <vector>

#include "mmlcore/optimize/r_factor.hpp"
#include "support.hpp"

namespace mmlcore::optimize {
namespace {

TEST_SUITE_BEGIN("optimize");

struct Equations {
  explicit Equations(index_t m, index_t p) : jr(test::random_matrix<double>(m, p + 1, 3)), work(jr) {
    for (index_t j = 0; j <= p; ++j) columns.push_back(work.col(j).data());
  }
  Eigen::MatrixXd jr, work;
  std::vector<double*> columns;
  Eigen::MatrixXd gram() const { return jr.transpose() * jr; }
};

// || R'R - (J, r)'(J, r) || of the triangle that rows give, and of that by the Gram matrix.
TEST_CASE("rows absorbed and the Gram matrix give the same triangle") {
  const index_t m = 40, p = 4, n = p + 1;
  Equations e(m, p);
  RFactor by_rows(p), by_gram(p);
  by_rows.absorb(e.columns.data(), m);
  const Eigen::MatrixXd gram = e.gram();
  REQUIRE(by_gram.from_gram(std::vector<double>(gram.data(), gram.data() + n * n)));
  for (const RFactor& t : {by_rows, by_gram}) {
    Eigen::MatrixXd r = Eigen::MatrixXd::Zero(n, n);
    for (index_t j = 0; j < n; ++j) {
      for (index_t i = 0; i <= j; ++i) r(i, j) = t(i, j);
      CHECK(t.length(j) == doctest::Approx(e.jr.col(j).norm()));
    }
    CHECK((r.transpose() * r - gram).norm() <= 30 * m * test::kUnit<double> * gram.norm());
    const std::vector<double> gradient = t.gradient();
    for (index_t j = 0; j < p; ++j) CHECK(gradient[static_cast<std::size_t>(j)] == doctest::Approx(gram(j, p)));
    std::vector<double> covariance, step;
    REQUIRE(t.inverse(covariance, 1e-13));
    const Eigen::Map<const Eigen::MatrixXd> inverse(covariance.data(), p, p);
    CHECK((inverse * gram.topLeftCorner(p, p) - Eigen::MatrixXd::Identity(p, p)).norm() <= 1e-12);
    REQUIRE(damped_step(t, std::vector<double>(p, 1.0), 0.5, step));
    const Eigen::MatrixXd damped = gram.topLeftCorner(p, p) + 0.5 * Eigen::MatrixXd::Identity(p, p);
    const Eigen::Map<const Eigen::VectorXd> d(step.data(), p);
    CHECK((damped * d + gram.col(p).head(p)).norm() <= 1e-12 * gram.norm());
  }
}

TEST_CASE("columns that depend on each other are told") {
  Equations e(20, 3);
  e.jr.col(2) = e.jr.col(0) - e.jr.col(1);
  const Eigen::MatrixXd gram = e.gram();
  RFactor t(3);
  CHECK_FALSE(t.from_gram(std::vector<double>(gram.data(), gram.data() + 16)));
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore::optimize
