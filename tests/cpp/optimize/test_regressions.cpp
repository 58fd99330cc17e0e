#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "mmlcore/optimize/regressions.hpp"
#include "programs.hpp"
#include "support.hpp"

namespace mmlcore::optimize {
namespace {

TEST_SUITE_BEGIN("optimize");

struct Told {
  Told(index_t count, index_t d, bool constant)
      : d(d),
        side(d + constant),
        coefficients(count * d),
        constants(count),
        covariance(count * side * side),
        chi2(count),
        dof(count),
        r2(count),
        status(count) {}
  Regressions view() {
    return {coefficients.data(), constants.data(), covariance.data(), chi2.data(), dof.data(), r2.data(), status.data()};
  }
  index_t d, side;
  std::vector<double> coefficients, constants, covariance, chi2, dof, r2;
  std::vector<std::int32_t> status;
};

// Problem i of `told` beside the normal equations of its rows.
void check(const Told& told, index_t i, const Eigen::MatrixXd& x, const Eigen::VectorXd& y, bool constant) {
  const index_t n = x.rows(), d = x.cols(), side = d + constant;
  CAPTURE(i);
  REQUIRE(told.status[i] == 1);
  Eigen::MatrixXd whole = Eigen::MatrixXd::Ones(n, side);
  whole.leftCols(d) = x;
  const Eigen::MatrixXd inverse = (whole.transpose() * whole).inverse();
  const Eigen::VectorXd b = inverse * (whole.transpose() * y);
  const double chi2 = (y - whole * b).squaredNorm(), unit = chi2 / static_cast<double>(n - side);
  for (index_t j = 0; j < d; ++j) CHECK(told.coefficients[i * d + j] == doctest::Approx(b[j]).epsilon(1e-9));
  if (constant) CHECK(told.constants[i] == doctest::Approx(b[d]).epsilon(1e-8));
  CHECK(told.chi2[i] == doctest::Approx(chi2).epsilon(1e-8));
  CHECK(told.dof[i] == static_cast<double>(n - side));
  const Eigen::Map<const Eigen::MatrixXd> covariance(told.covariance.data() + i * side * side, side, side);
  CHECK((covariance - inverse * unit).norm() <= 1e-8 * covariance.norm());
}

TEST_CASE("stacks of any count, in lanes and beyond them") {
  for (const index_t count : {0, 1, 7, 19}) {
    for (const index_t d : {1, 2, 5, 17}) {
      for (const bool constant : {true, false}) {
        const index_t n = d + 6;
        const test::Matrix<double> x = test::random_matrix<double>(count * n, d, 1),
                                   y = test::random_matrix<double>(count * n, 1, 2);
        Told told(count, d, constant);
        const test::WithThreads with(count == 19 ? 3 : 1);
        regress_stack<double>(test::stack(x.data(), count, n, d), test::stack(y.data(), count, n, 1), nullptr, constant,
                              told.view());
        for (index_t i = 0; i < count; ++i) check(told, i, x.middleRows(i * n, n), y.middleRows(i * n, n), constant);
      }
    }
  }
}

TEST_CASE("groups: labels in any order, and one with too few rows beside the others") {
  for (const index_t d : {1, 3, 6}) {
    for (const index_t groups : {1, 5, 70}) {
      const index_t n = groups * (d + 9) + 1;
      const test::Matrix<double> x = test::random_matrix<double>(n, d, 3), y = test::random_matrix<double>(n, 1, 4);
      std::vector<std::int32_t> code(n);
      for (index_t i = 0; i < n; ++i) code[i] = static_cast<std::int32_t>((i * 13) % groups);
      code[n - 1] = static_cast<std::int32_t>(groups);  // one row of its own
      Told told(groups + 1, d, true);
      const test::WithThreads with(groups == 70 ? 3 : 1);
      regress_groups<double>(test::view(x), {y.data(), n, 1}, nullptr, code.data(), groups + 1, true, told.view());
      CHECK(told.status[groups] == 0);
      for (index_t g = 0; g < groups; ++g) {
        std::vector<index_t> rows;
        for (index_t i = 0; i < n; ++i) {
          if (code[i] == g) rows.push_back(i);
        }
        check(told, g, x(rows, Eigen::placeholders::all), y(rows, 0), true);
      }
    }
  }
}

TEST_CASE("windows, as long as all rows and as short as they may be") {
  const index_t n = 61;
  for (const index_t d : {1, 3}) {
    const test::Matrix<double> x = test::random_matrix<double>(n, d, 5), y = test::random_matrix<double>(n, 1, 6);
    for (const index_t window : {d + 2, index_t{20}, n}) {
      const index_t count = n - window + 1;
      Told told(count, d, true);
      const test::WithThreads with(2);
      regress_windows<double>(test::view(x), {y.data(), n, 1}, nullptr, window, true, told.view());
      for (index_t i = 0; i < count; ++i) {
        if (told.status[i] == 0) continue;  // a window that somebody has to look at
        check(told, i, x.middleRows(i, window), y.middleRows(i, window), true);
      }
      CHECK(told.status[count / 2] == 1);
    }
  }
}

TEST_CASE("integers are numbered in their order, unless they are spread too widely") {
  const std::vector<std::int64_t> label{7, -3, 7, 100, -3};
  const IntegerCodes codes(label.data(), 5);
  REQUIRE(codes.narrow());
  REQUIRE(codes.groups() == 3);
  std::vector<std::int32_t> code(5);
  std::vector<std::int64_t> used(3);
  codes.write(code.data(), used.data());
  CHECK(code == std::vector<std::int32_t>{1, 0, 1, 2, 0});
  CHECK(used == std::vector<std::int64_t>{-3, 7, 100});
  const std::vector<std::int64_t> far{std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
  CHECK_FALSE(IntegerCodes(far.data(), 2).narrow());
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore::optimize
