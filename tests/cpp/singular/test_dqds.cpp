#include <doctest/doctest.h>

#include <Eigen/SVD>
#include <cmath>
#include <functional>
#include <vector>

#include "mmlcore/singular/dqds.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("singular");

struct Form {
  std::vector<double> d, e;
};

// d_k and e_k from two random numbers and the place between 0 and 1.
Form form(index_t n, unsigned seed, const std::function<void(double, double, double, double&, double&)>& fill) {
  const test::Matrix<double> numbers = test::random_matrix<double>(n, 2, seed);
  Form made{std::vector<double>(static_cast<std::size_t>(n)), std::vector<double>(static_cast<std::size_t>(n))};
  for (index_t k = 0; k < n; ++k) {
    const auto at = static_cast<std::size_t>(k);
    fill(numbers(k, 0), numbers(k, 1), static_cast<double>(k) / static_cast<double>(n), made.d[at], made.e[at]);
  }
  return made;
}

TEST_CASE("values of bidiagonal matrices: beside Eigen's, and their product is that of the diagonal") {
  using Fill = std::function<void(double, double, double, double&, double&)>;
  const std::vector<Fill> kinds{
      [](double x, double y, double, double& d, double& e) { d = x, e = y; },
      [](double x, double y, double t, double& d, double& e) {
        d = x * std::pow(10, -30 * t), e = y * std::pow(10, -30 * t);
      },
      [](double x, double y, double t, double& d, double& e) { d = x * std::pow(10, 30 * t), e = y * std::pow(10, 30 * t); },
      [](double x, double y, double, double& d, double& e) { d = 1 - 1e-14 * x * x, e = 1e-9 * y; },
      [](double, double, double, double& d, double& e) { d = 1, e = 1; },
      [](double x, double y, double, double& d, double& e) { d = 1e200 * x, e = 1e-200 * y; },
      [](double x, double y, double, double& d, double& e) { d = x > 0.6 ? 0 : x, e = y > 0.6 ? 0 : y; },
      [](double, double y, double, double& d, double& e) { d = 0, e = y; },
      [](double, double, double, double& d, double& e) { d = 0, e = 0; },
      [](double x, double y, double, double& d, double& e) { d = std::pow(10, -80 * x * x), e = std::pow(10, -80 * y * y); },
  };
  unsigned seed = 0;
  for (const Fill& kind : kinds) {
    for (const index_t n : {1, 2, 3, 4, 9, 30, 70}) {
      const Form b = form(n, ++seed, kind);
      std::vector<double> values(static_cast<std::size_t>(n)), memory(static_cast<std::size_t>(4 * n));
      REQUIRE(dqds(n, b.d.data(), b.e.data(), values.data(), memory.data()));
      Eigen::MatrixXd whole = Eigen::MatrixXd::Zero(n, n);
      double logarithm = 0, least = HUGE_VAL;
      for (index_t k = 0; k < n; ++k) {
        const auto at = static_cast<std::size_t>(k);
        whole(k, k) = b.d[at];
        if (k + 1 < n) whole(k, k + 1) = b.e[at];
        logarithm += std::log(std::abs(b.d[at])) - std::log(values[at]);
        least = std::min(least, std::abs(b.d[at]));
        CHECK((k == 0 || values[at] <= values[at - 1]));
      }
      const double top = whole.cwiseAbs().maxCoeff();
      const Eigen::VectorXd right = Eigen::JacobiSVD<Eigen::MatrixXd>(top > 0 ? whole / top : whole).singularValues();
      const double room = 100 * test::kUnit<double> * static_cast<double>(n);
      for (index_t k = 0; k < n; ++k) {
        CHECK(std::abs(values[static_cast<std::size_t>(k)] - (top > 0 ? top : 1) * right[k]) <= room * values[0]);
      }
      if (values.back() > 1e-60 * top && least > 1e-60 * top) CHECK(std::abs(logarithm) <= room * static_cast<double>(n));
    }
  }
}

TEST_CASE("what is not a number is no bidiagonal matrix") {
  const double d[3] = {1, std::nan(""), 1}, e[3] = {1, 1, 0};
  double values[3], memory[12];
  CHECK_FALSE(dqds(3, d, e, values, memory));
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
