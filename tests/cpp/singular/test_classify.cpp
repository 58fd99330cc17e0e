#include <doctest/doctest.h>

#include <Eigen/SVD>
#include <cmath>
#include <limits>
#include <utility>

#include "mmlcore/elimination/tell_singular.hpp"
#include "mmlcore/singular/classify.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("singular");

template <class T>
unsigned classes_of(const test::Matrix<T>& a, double factor = 1) {
  unsigned classes = 0;
  const double rtol = factor * static_cast<double>(a.rows()) * std::numeric_limits<T>::epsilon();
  REQUIRE(classify<T>(test::view(a), rtol, &classes));
  return classes;
}

template <class T>
test::Matrix<T> turn(index_t n) {
  const Eigen::HouseholderQR<test::Matrix<T>> qr(test::random_matrix<T>(n, n, 3));
  return qr.householderQ();
}

TEST_CASE_TEMPLATE("classes by construction", T, float, double) {
  for (const index_t n : {1, 2, 3, 8, 20, 70}) {
    using Matrix = test::Matrix<T>;
    const Matrix eye = Matrix::Identity(n, n), q = turn<T>(n), g = test::random_matrix<T>(n, n, 5);
    CHECK((classes_of<T>(eye) & (kIdentity | kPermutation | kPositiveDefinite | kIdempotent | kSingular)) ==
          (kIdentity | kPermutation | kPositiveDefinite | kIdempotent));
    CHECK((classes_of<T>(q, 8) & (kOrthogonal | kInvertible)) == (kOrthogonal | kInvertible));
    const unsigned plain = classes_of<T>(n == 1 ? Matrix(g * 3) : g);
    CHECK((plain & (kInvertible | kOrthogonal | kIdempotent)) == kInvertible);
    const Matrix symmetric = g * g.transpose() + eye;
    CHECK((classes_of<T>(symmetric) & (kSymmetric | kPositiveDefinite)) == (kSymmetric | kPositiveDefinite));
    if (n == 1 || n > 40) continue;
    Matrix chain = Matrix::Zero(n, n);
    chain.diagonal(1).setOnes();
    CHECK((classes_of<T>(chain) & (kNilpotent | kSingular | kUpperTriangular)) ==
          (kNilpotent | kSingular | kUpperTriangular));
    const Matrix turned = q * chain * q.transpose();
    CHECK((classes_of<T>(turned, 8) & (kNilpotent | kSingular)) == (kNilpotent | kSingular));
    const Matrix low = g.leftCols(n - 1) * test::random_matrix<T>(n - 1, n, 6);
    CHECK((classes_of<T>(low, 8) & (kSingular | kNilpotent)) == kSingular);
  }
}

TEST_CASE("a matrix with two columns alike is singular, and NaN is left to the caller") {
  unsigned classes = 0;
  test::Matrix<double> a = test::random_matrix<double>(50, 50);
  a.col(3) = a.col(4);
  CHECK(classes_of<double>(a) == kSingular);
  a(0, 2) = std::numeric_limits<double>::quiet_NaN();
  CHECK_FALSE(classify<double>(test::view(std::as_const(a)), 1e-15, &classes));
}

TEST_CASE("told by one factorization, between singular and not") {
  const index_t n = 60;
  test::Matrix<double> a = test::random_matrix<double>(n, n, 7);
  CHECK(tell_singular(test::view(std::as_const(a)), 1e-14) == Told::invertible);
  CHECK(tell_singular(test::view(std::as_const(a)), 1e-5) == Told::invertible);
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd(a, Eigen::ComputeFullU | Eigen::ComputeFullV);
  Eigen::VectorXd values = Eigen::VectorXd::LinSpaced(n, 2, 1);
  for (const double least : {1e-3, 1e-9, 1e-13, 3e-15, 1e-17, 0.0}) {
    values[n - 1] = least;
    a = svd.matrixU() * values.asDiagonal() * svd.matrixV().transpose();
    const Told told = tell_singular(test::view(std::as_const(a)), 1e-14);
    CHECK(told != (least > 2e-14 ? Told::singular : Told::invertible));
    if (least > 1e-11) CHECK(told == Told::invertible);
    if (least < 1e-15) CHECK(told == Told::singular);
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
