#include <doctest/doctest.h>

#include "mmlcore/core/parallel.hpp"
#include "mmlcore/matrices/product.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("matrices");

template <class T>
double distance(const test::Matrix<T>& got, const test::Matrix<T>& a, const test::Matrix<T>& b) {
  const Eigen::MatrixXd right = a.template cast<double>() * b.template cast<double>();
  const Eigen::MatrixXd size = a.template cast<double>().cwiseAbs() * b.template cast<double>().cwiseAbs();
  const Eigen::ArrayXXd error = (got.template cast<double>() - right).array().abs();
  return (error / (size.array() + std::numeric_limits<double>::min())).maxCoeff();
}

// |fl(AB) - AB| <= gamma_k |A||B|, entry by entry (Higham, 2002, (3.13)).
TEST_CASE_TEMPLATE("products of every small shape and some large ones", T, float, double) {
  const index_t sizes[][3] = {{1, 1, 1},    {2, 3, 4},     {7, 1, 9},   {12, 5, 8},     {13, 17, 19},
                              {64, 64, 64}, {100, 3, 100}, {3, 700, 3}, {257, 300, 129}};
  for (const auto& [m, k, n] : sizes) {
    const auto a = test::random_matrix<T>(m, k, 1);
    const auto b = test::random_matrix<T>(k, n, 2);
    test::Matrix<T> c(m, n);
    product<T>(test::view(a), test::view(b), test::view(c));
    CHECK(distance(c, a, b) <= static_cast<double>(k) * 2 * test::kUnit<T>);
    product_serial<T>(test::view(a), test::view(b), test::view(c));
    CHECK(distance(c, a, b) <= static_cast<double>(k) * 2 * test::kUnit<T>);
  }
}

TEST_CASE_TEMPLATE("operands in any order, beta and alpha", T, float, double) {
  const auto a = test::random_matrix<T>(31, 23, 1);
  const auto b = test::random_matrix<T>(23, 37, 2);
  const test::Matrix<T> at = a.transpose(), bt = b.transpose();
  test::Matrix<T> c(31, 37), ct(37, 31);
  product<T>(test::view(at).transposed(), test::view(bt).transposed(), test::view(c));
  CHECK(distance(c, a, b) <= 46 * test::kUnit<T>);
  product<T>(test::view(a), test::view(b), test::view(ct).transposed());
  c = ct.transpose();
  CHECK(distance(c, a, b) <= 46 * test::kUnit<T>);
  const test::Matrix<T> start = test::random_matrix<T>(31, 37, 3);
  test::Matrix<T> d = start;
  product<T>(test::view(a), test::view(b), test::view(d), T{-2}, T{3});
  const test::Matrix<T> right = 3 * start - 2 * c;
  CHECK((d - right).cwiseAbs().maxCoeff() <= 1000 * test::kUnit<T>);
}

TEST_CASE("with beta 0 the old numbers are not read; the bits do not depend on the threads") {
  const auto a = test::random_matrix<double>(300, 280, 1);
  const auto b = test::random_matrix<double>(280, 310, 2);
  test::Matrix<double> one(300, 310), two(300, 310);
  one.setConstant(std::numeric_limits<double>::quiet_NaN());
  two = one;
  const int before = num_threads();
  set_num_threads(1);
  product<double>(test::view(a), test::view(b), test::view(one));
  set_num_threads(4);
  product<double>(test::view(a), test::view(b), test::view(two));
  set_num_threads(before);
  CHECK(one.allFinite());
  CHECK((one.array() == two.array()).all());
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
