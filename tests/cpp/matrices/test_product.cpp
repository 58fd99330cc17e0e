#include <doctest/doctest.h>

#include <array>

#include "mmlcore/core/parallel.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/matrices/product_small.hpp"
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

// The stack of `count` matrices of which number (i, j) of all items lies side by side, as an array of three axes in Fortran
// order has it; `rows_first` says which of both axes follows.
template <class T>
MatrixBatch<const T> woven(const T* data, index_t count, index_t m, index_t n, bool rows_first) {
  MatrixBatch<const T> result{{data, m, n, rows_first ? count : count * n, rows_first ? count * m : count}, {}};
  result.batch.push(count, 1);
  return result;
}

TEST_CASE_TEMPLATE("stacks woven into one another, number by number", T, float, double) {
  for (const auto& [count, m, k, n] :
       {std::array<index_t, 4>{9, 91, 91, 91}, {3, 20, 33, 17}, {2, 40, 5, 1}, {5, 1, 30, 20}, {20, 2, 2, 2}}) {
    const auto a = test::random_matrix<T>(m * k, count, 1), b = test::random_matrix<T>(k * n, count, 2);
    for (const bool rows_first : {false, true}) {
      for (const int which : {1, 2, 3}) {  // A, B or both
        const auto plain_a = test::random_matrix<T>(count * m, k, 3), plain_b = test::random_matrix<T>(count * k, n, 4);
        const MatrixBatch<const T> left = (which & 1) != 0 ? woven<T>(a.data(), count, m, k, rows_first)
                                                           : test::stack<const T>(plain_a.data(), count, m, k);
        const MatrixBatch<const T> right = (which & 2) != 0 ? woven<T>(b.data(), count, k, n, rows_first)
                                                            : test::stack<const T>(plain_b.data(), count, k, n);
        test::Matrix<T> c(count * m, n);
        product_batch<T>(left, right, test::stack<T>(c.data(), count, m, n));
        for (index_t i = 0; i < count; ++i) {
          test::Matrix<T> x(m, k), y(k, n);
          for (index_t r = 0; r < m; ++r) {
            for (index_t s = 0; s < k; ++s) x(r, s) = left[i](r, s);
          }
          for (index_t r = 0; r < k; ++r) {
            for (index_t s = 0; s < n; ++s) y(r, s) = right[i](r, s);
          }
          CHECK(distance<T>(c.middleRows(i * m, m), x, y) <= static_cast<double>(k) * 2 * test::kUnit<T>);
        }
      }
    }
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
