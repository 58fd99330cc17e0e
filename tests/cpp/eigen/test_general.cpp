#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <utility>
#include <vector>

#include "mmlcore/eigen/characteristic.hpp"
#include "mmlcore/eigen/diagonalize.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("eigen");

TEST_CASE_TEMPLATE("inverses of eigenvectors, real and complex, and what is no basis", T, float, double) {
  for (const index_t n : {1, 2, 7, 30}) {
    test::Matrix<T> p = test::random_matrix<T>(n, n, 1) + 20 * test::Matrix<T>::Identity(n, n), q(n, n);
    const double room = 100 * static_cast<double>(n) * test::kUnit<T>;
    REQUIRE(invert_basis(p.data(), n, q.data()));
    CHECK((p * q - test::Matrix<T>::Identity(n, n)).norm() <= room * p.norm() * q.norm());
    test::Matrix<std::complex<T>> z = p.template cast<std::complex<T>>(), y(n, n);
    z.imag() = test::random_matrix<T>(n, n, 2);
    REQUIRE(invert_basis(z.data(), n, y.data()));
    CHECK((z * y - test::Matrix<std::complex<T>>::Identity(n, n)).norm() <= room * z.norm() * y.norm());
    if (n == 1) continue;
    p.col(0) = p.col(1) + static_cast<T>(std::sqrt(test::kUnit<T>)) * p.col(0);
    CHECK_FALSE(invert_basis(p.data(), n, q.data()));
    z.col(0) = z.col(1) * std::complex<T>(0, 1);
    CHECK_FALSE(invert_basis(z.data(), n, y.data()));
  }
}

TEST_CASE("coefficients of companion matrices are exact, zeros among them") {
  for (index_t n = 1; n <= kExactOrder; ++n) {
    test::Matrix<double> a = test::Matrix<double>::Zero(n, n);
    std::vector<double> found(static_cast<std::size_t>(n + 1));
    for (index_t k = 0; k < n; ++k) a(0, k) = k % 3 == 1 ? 0.0 : static_cast<double>(k + 1) / 8;
    for (index_t k = 1; k < n; ++k) a(k, k - 1) = 1;
    REQUIRE(characteristic_polynomial<double>(test::view(std::as_const(a)), found.data()));
    CHECK(found[0] == 1);
    for (index_t k = 0; k < n; ++k) CHECK(found[static_cast<std::size_t>(k + 1)] == -a(0, k));
  }
}

TEST_CASE("a number far from 1 is left to whole numbers, and so is what is not finite") {
  double found[3];
  for (const double x : {1e200, 1e-200, std::numeric_limits<double>::infinity(), std::nan("")}) {
    const double a[] = {1, x, 2, 3};
    CHECK_FALSE(characteristic_polynomial<double>(c_order(a, 2, 2), found));
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
