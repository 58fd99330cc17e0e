#include <doctest/doctest.h>

#include "mmlcore/matrices/small_contraction.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("matrices");

// out_ik = sum over j of a_ij b_jk, whichever of the strides are 1.
TEST_CASE_TEMPLATE("a product as a contraction, rows and columns", T, float, double) {
  for (const auto& [m, n, k] : {std::array<index_t, 3>{1, 1, 1}, {2, 3, 4}, {7, 9, 5}, {4, 1, 8}}) {
    const test::Matrix<T> a = test::random_matrix<T>(m, n, 1), b = test::random_matrix<T>(n, k, 2);
    const test::Matrix<T> ta = a.transpose(), tb = b.transpose();
    for (const bool turned_a : {false, true}) {
      for (const bool turned_b : {false, true}) {
        Contraction<T> sum;
        sum.labels = 3;
        sum.parts = 2;
        sum.label[0] = {m, {turned_a ? 1 : n, 0}, k};
        sum.label[1] = {n, {turned_a ? m : 1, turned_b ? 1 : k}, 0};
        sum.label[2] = {k, {0, turned_b ? n : 1}, 1};
        sum.part[0] = turned_a ? ta.data() : a.data();
        sum.part[1] = turned_b ? tb.data() : b.data();
        test::Matrix<T> out = test::Matrix<T>::Zero(m, k);
        sum.run(out.data());
        CHECK((out - a * b).cwiseAbs().maxCoeff() <= 40 * test::kUnit<T> * static_cast<double>(n));
      }
    }
  }
}

TEST_CASE("no labels: a product of numbers; no entries: nothing is read") {
  const double x = 3, y = 4;
  Contraction<double> sum;
  sum.parts = 2;
  sum.part[0] = &x;
  sum.part[1] = &y;
  double out = 0;
  sum.run(&out);
  CHECK(out == 12);
  sum.labels = 1;
  sum.label[0] = {0, {1, 1}, 0};
  sum.part[0] = sum.part[1] = nullptr;
  out = 0;
  sum.run(&out);
  CHECK(out == 0);
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
