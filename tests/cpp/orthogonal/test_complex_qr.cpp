#include <doctest/doctest.h>

#include <complex>
#include <limits>
#include <utility>

#include "mmlcore/core/errors.hpp"
#include "mmlcore/orthogonal/complex_qr.hpp"
#include "mmlcore/orthogonal/qr.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("orthogonal");

template <class T>
test::Matrix<T> draw(index_t m, index_t n) {
  test::Matrix<T> a(m, n);
  a.real() = test::random_matrix<RealPart<T>>(m, n, 3);
  a.imag() = test::random_matrix<RealPart<T>>(m, n, 4);
  return a;
}

// LAPACK's ratios, of complex factors; R has a real diagonal that is not negative.
template <class T>
void check_factors(const test::Matrix<T>& a, const test::Matrix<T>& q, const test::Matrix<T>& r) {
  using Wide = Eigen::MatrixXcd;
  const double room = 30 * static_cast<double>(std::max(a.rows(), a.cols())) * test::kUnit<RealPart<T>>;
  const Wide wide = q.template cast<std::complex<double>>(), whole = a.template cast<std::complex<double>>();
  CHECK((wide.adjoint() * wide - Wide::Identity(q.cols(), q.cols())).norm() <= room);
  CHECK((whole - wide * r.template cast<std::complex<double>>()).norm() <= room * whole.norm());
  for (index_t i = 0; i < r.rows(); ++i) {
    for (index_t j = 0; j < std::min(i, r.cols()); ++j) CHECK(r(i, j) == T{0});
    if (i >= r.cols()) continue;
    CHECK(r(i, i).imag() == 0);
    CHECK(r(i, i).real() >= 0);
  }
}

TEST_CASE_TEMPLATE("complex matrices, thin and with a square Q", R, float, double) {
  using T = std::complex<R>;
  for (const auto& [m, n] :
       {std::pair<index_t, index_t>{1, 1}, {2, 2}, {5, 3}, {3, 5}, {17, 17}, {40, 9}, {9, 40}, {100, 64}}) {
    const auto a = draw<T>(m, n);
    for (const index_t p : {std::min(m, n), m}) {
      test::Matrix<T> q(m, p), r(p, n);
      CHECK(complex_qr<T>(test::view(a), test::view(q), test::view(r)));
      check_factors<T>(a, q, r);
    }
  }
}

TEST_CASE_TEMPLATE("dependent and far columns take the other route", R, float, double) {
  using T = std::complex<R>;
  auto a = draw<T>(12, 6);
  a.col(2) = a.col(0) * T(0, 1);
  a.col(4).setZero();
  a.col(5) *= std::sqrt(std::numeric_limits<R>::max());
  test::Matrix<T> q(12, 6), r(6, 6);
  qr<T>(test::stack<const T>(a.data(), 1, 12, 6), test::stack<T>(q.data(), 1, 12, 6), test::stack<T>(r.data(), 1, 6, 6));
  const R unit = a.cwiseAbs().maxCoeff();
  check_factors<T>(a / unit, q, r / unit);
}

TEST_CASE("a stack names the item that is not finite") {
  using T = std::complex<double>;
  auto a = draw<T>(5 * 4, 3);
  a(2 * 4 + 1, 1) = std::numeric_limits<double>::quiet_NaN();
  test::Matrix<T> q(20, 3), r(15, 3);
  CHECK_THROWS_WITH_AS(
      qr<T>(test::stack<const T>(a.data(), 5, 4, 3), test::stack<T>(q.data(), 5, 4, 3), test::stack<T>(r.data(), 5, 3, 3)),
      "A: contains NaN or infinity (matrix 2 of the batch).", NotFinite);
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
