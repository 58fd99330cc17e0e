#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "programs.hpp"
#include "support.hpp"

namespace mmlcore::calculus {
namespace {

TEST_SUITE_BEGIN("calculus");

using Numbers = Eigen::MatrixXd;

// The result of `op` on matrices (m, n) of `points` points.
template <class T>
std::vector<T> results(Op op, index_t m, index_t n, index_t points, const test::Matrix<T>& a,
                       const test::Matrix<T>* b = nullptr, index_t k = 0, int aux = 0) {
  Graph g;
  std::vector<Id> in{g.input(a.cols())};
  if (b) in.push_back(g.input(b->cols()));
  const Id x = g.matrices(op, in[0], b ? in[1] : kNone, m, n, k, aux);
  const Program program(g, in, {x});
  std::vector<T> found(points * program.result_size(0));
  std::vector<Points<const T>> from{{a.data(), a.cols()}};
  if (b) from.push_back({b->data(), b->cols()});
  const Points<T> to{found.data(), program.result_size(0)};
  program.run<T>(points, from.data(), &to);
  return found;
}

template <class T>
Numbers item(const T* data, index_t m, index_t n) {
  return Eigen::Map<const test::Matrix<T>>(data, m, n).template cast<double>();
}

TEST_CASE_TEMPLATE("linear algebra in programs, of one point and of many", T, float, double) {
  const double tol = 1000 * test::kUnit<T>;
  for (const index_t m : {1, 2, 5, 17}) {
    for (const index_t points : {1, 3, 37}) {
      CAPTURE(m);
      CAPTURE(points);
      const test::WithThreads with(points == 37 ? 3 : 1);
      const index_t n = 3;
      test::Matrix<T> a = test::random_matrix<T>(points, m * m, 1), definite(points, m * m);
      const test::Matrix<T> b = test::random_matrix<T>(points, m * n, 2);
      for (index_t p = 0; p < points; ++p) {
        for (index_t i = 0; i < m; ++i) a(p, i * m + i) += static_cast<T>(2 * std::sqrt(static_cast<double>(m)) + 1);
        const Numbers one = item(&a(p, 0), m, m), square = one * one.transpose();
        for (index_t i = 0; i < m * m; ++i) definite(p, i) = static_cast<T>(square(i / m, i % m));
      }
      const auto x = results<T>(Op::Solve, m, n, points, a, &b), inverse = results<T>(Op::Inverse, m, m, points, a),
                 det = results<T>(Op::Determinant, m, m, points, a), l = results<T>(Op::Cholesky, m, m, points, definite),
                 pairs = results<T>(Op::Eigh, m, m, points, definite), qr = results<T>(Op::Qr, m, m, points, a),
                 svd = results<T>(Op::Svd, m, m, points, a);
      for (index_t p = 0; p < points; ++p) {
        const Numbers one = item(&a(p, 0), m, m), right = item(&b(p, 0), m, n), square = item(&definite(p, 0), m, m);
        const double size = one.norm(), large = square.norm();
        CHECK((one * item(&x[p * m * n], m, n) - right).norm() <= tol * size * size);
        CHECK((one * item(&inverse[p * m * m], m, m) - Numbers::Identity(m, m)).norm() <= tol * size);
        CHECK(static_cast<double>(det[p]) == doctest::Approx(one.determinant()).epsilon(tol * static_cast<double>(m)));
        const Numbers lower = item(&l[p * m * m], m, m);
        CHECK((lower * lower.transpose() - square).norm() <= tol * large);
        const T* const pair = &pairs[p * (m + m * m)];
        const Numbers v = item(pair + m, m, m), w = item(pair, m, 1);
        CHECK((square * v - v * w.asDiagonal()).norm() <= tol * large);
        const T* const factors = &qr[p * 2 * m * m];
        CHECK((item(factors, m, m) * item(factors + m * m, m, m) - one).norm() <= tol * size);
        const T* const parts = &svd[p * (2 * m * m + m)];
        const Numbers s = item(parts + m * m, m, 1);
        CHECK((item(parts, m, m) * s.asDiagonal() * item(parts + m * m + m, m, m) - one).norm() <= tol * size);
      }
    }
  }
}

TEST_CASE("a matrix without a result gives NaN, and the other points what they are") {
  test::Matrix<double> a = test::random_matrix<double>(9, 4, 3);
  a.row(4).setZero();
  const auto inverse = results<double>(Op::Inverse, 2, 2, 9, a);
  for (index_t p = 0; p < 9; ++p) CHECK(std::isfinite(inverse[4 * p]) == (p != 4));
  a.row(4) << 1, 0, 0, -1;  // not definite
  a.row(3) << 4, 0, 0, 9;
  const auto l = results<double>(Op::Cholesky, 2, 2, 9, a);
  CHECK(std::isnan(l[16]));
  CHECK(l[12] == 2);
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore::calculus
