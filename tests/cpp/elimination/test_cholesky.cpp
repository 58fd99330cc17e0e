#include <doctest/doctest.h>

#include <vector>

#include "mmlcore/core/maps.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/elimination/cholesky.hpp"
#include "mmlcore/elimination/cholesky_batch.hpp"
#include "mmlcore/elimination/substitution.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("elimination");

Eigen::MatrixXd definite(index_t n) {
  const Eigen::MatrixXd x = test::random_matrix<double>(n + 5, n, static_cast<unsigned>(n));
  return x.transpose() * x;
}

// || A - L L' || / (n u ||A||), and the same for what is solved with L.
TEST_CASE("factors by blocks, their inverses, and systems from the right") {
  for (const index_t n : {1, 2, 5, 31, 64, 130}) {
    const Eigen::MatrixXd a = definite(n);
    const double room = 30 * static_cast<double>(n) * test::kUnit<double>;
    Eigen::MatrixXd l = a, inverse(n, n);
    REQUIRE(cholesky(view_of(l)));
    const Eigen::MatrixXd lower = l.triangularView<Eigen::Lower>();
    CHECK((a - lower * lower.transpose()).norm() <= room * a.norm());
    if (n > 1) CHECK(l(0, n - 1) == a(0, n - 1));  // what lies above is not touched
    invert_lower(view_of(std::as_const(l)), view_of(inverse));
    CHECK((inverse * lower - Eigen::MatrixXd::Identity(n, n)).norm() <= room * inverse.norm() * lower.norm());
    const test::Matrix<double> b = test::random_matrix<double>(7, n, 9);
    test::Matrix<double> x = b;
    solve_lower_from_right(view_of(std::as_const(l)), test::view(x));
    CHECK((x * lower.transpose() - b).norm() <= room * x.norm() * lower.norm());
  }
}

TEST_CASE_TEMPLATE("factors of rows, one and a stack, and which item has none", T, float, double) {
  for (const index_t n : {1, 2, 3, 4, 7, 17, 32, 33, 65, 150}) {
    const index_t count = n < 40 ? 19 : 3;
    const Eigen::MatrixXd a = definite(n) + Eigen::MatrixXd::Identity(n, n);
    const double room = 30 * static_cast<double>(n) * test::kUnit<T>;
    std::vector<T> from(static_cast<std::size_t>(n * n * count)), to(from.size(), T{7});
    for (std::size_t e = 0; e < from.size(); ++e) {
      const index_t at = static_cast<index_t>(e) % (n * n);
      from[e] = static_cast<T>(a(at / n, at % n));
    }
    MatrixBatch<const T> stack{c_order<const T>(from.data(), n, n), {}};
    MatrixBatch<T> factors{c_order(to.data(), n, n), {}};
    stack.batch.push(count, n * n);
    factors.batch.push(count, n * n);
    REQUIRE(cholesky_batch<T>(stack, factors).item == -1);
    for (index_t i = 0; i < count; ++i) {
      const Eigen::MatrixXd l = map(factors[i]).template cast<double>();
      CHECK((a - l * l.transpose()).norm() <= room * a.norm());
      CHECK(l.isLowerTriangular(0));
    }
    from[static_cast<std::size_t>((count - 1) * n * n + n * n - 1)] = -1;
    const NoFactor none = cholesky_batch<T>(stack, factors);
    CHECK(none.item == count - 1);
    CHECK(none.row == n - 1);
  }
}

TEST_CASE("matrices that are not positive definite, or hold NaN, are told") {
  for (const index_t n : {2, 64}) {
    Eigen::MatrixXd a = definite(n);
    a(n - 1, n - 1) = -1;
    CHECK_FALSE(cholesky(view_of(a)));
    a = definite(n);
    a(n - 1, n - 1) = std::numeric_limits<double>::quiet_NaN();
    CHECK_FALSE(cholesky(view_of(a)));
  }
}

TEST_CASE("the same factor and solution from small ones, of numbers and in lanes") {
  using S = Simd<double>;
  for (const index_t n : {1, 3, 8}) {
    const Eigen::MatrixXd a = definite(n);
    const Eigen::VectorXd b = test::random_matrix<double>(n, 1, 4);
    Eigen::MatrixXd l = a;
    std::vector<S::Vec> lanes(static_cast<std::size_t>(n * n)), sides(static_cast<std::size_t>(n));
    const auto number = [&](index_t i, index_t j) -> double& { return l(i, j); };
    const auto lane = [&](index_t i, index_t j) -> S::Vec& { return lanes[static_cast<std::size_t>(i * n + j)]; };
    for (index_t i = 0; i < n; ++i) {
      for (index_t j = 0; j < n; ++j) {
        for (int w = 0; w < S::width; ++w) lane(i, j)[w] = a(i, j) * (w + 1);
      }
      sides[static_cast<std::size_t>(i)] = S::splat(b[i]);
    }
    index_t seen = 0;
    REQUIRE(cholesky_small<double>(n, number, number, [&](index_t, double, double pivot) { return ++seen, pivot > 0; }));
    CHECK(seen == n);
    REQUIRE(cholesky_small<S::Vec>(n, lane, lane, [](index_t, const S::Vec&, const S::Vec&) { return true; }));
    Eigen::VectorXd x = b;
    substitute_forward(
        n, number, [&](index_t i, double sum) { return sum / l(i, i); }, VectorView<double>{x.data(), n, 1});
    substitute_backward(
        n, [&](index_t i, index_t j) { return l(j, i); }, [&](index_t i, double sum) { return sum / l(i, i); },
        VectorView<double>{x.data(), n, 1});
    CHECK((a * x - b).norm() <= 100 * test::kUnit<double> * a.norm() * x.norm());
    const VectorView<S::Vec> y{sides.data(), n, 1};
    const auto divide = [&](index_t i, S::Vec sum) { return sum / lane(i, i); };
    substitute_forward(n, lane, divide, y);
    substitute_backward(
        n, [&](index_t i, index_t j) { return lane(j, i); }, divide, y);
    for (index_t i = 0; i < n; ++i) {
      for (int w = 0; w < S::width; ++w) CHECK(y[i][w] * (w + 1) == doctest::Approx(x[i]).epsilon(1e-9));
    }
  }
}

TEST_CASE("a pivot that is refused ends the factorization") {
  double a[4] = {1, 1, 1, 1};
  const auto entry = [&](index_t i, index_t j) -> double& { return a[2 * i + j]; };
  CHECK_FALSE(
      cholesky_small<double>(2, entry, entry, [](index_t, double whole, double pivot) { return pivot > 1e-7 * whole; }));
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
