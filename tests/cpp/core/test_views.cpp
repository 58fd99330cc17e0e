#include <doctest/doctest.h>

#include "mmlcore/core/copy.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("core");

TEST_CASE("a view, its transpose and its blocks read the same numbers") {
  const auto a = test::random_matrix<double>(5, 7);
  const auto v = test::view(a);
  const auto t = v.transposed();
  const auto b = v.block(1, 2, 3, 4);
  CHECK(t.rows == 7);
  CHECK(t.cols == 5);
  for (index_t i = 0; i < 5; ++i) {
    for (index_t j = 0; j < 7; ++j) {
      CHECK(v(i, j) == a(i, j));
      CHECK(t(j, i) == a(i, j));
      CHECK(v.row(i)[j] == a(i, j));
      CHECK(v.col(j)[i] == a(i, j));
      if (i < 3 && j < 4) CHECK(b(i, j) == a(i + 1, j + 2));
    }
  }
}

TEST_CASE("blocks of nothing may lie at the border") {
  const auto a = test::random_matrix<double>(3, 4);
  const auto v = test::view(a);
  CHECK(v.block(3, 4, 0, 0).empty());
  CHECK(v.block(0, 4, 3, 0).empty());
}

TEST_CASE("leading axes that run on evenly are one axis, others keep their strides") {
  BatchAxes even, odd, repeated;
  even.push(3, 40);
  even.push(4, 10);
  CHECK(even.uniform());
  CHECK(even.count == 12);
  for (index_t b = 0; b < 12; ++b) CHECK(even.offset(b) == 10 * b);
  odd.push(3, 7);
  odd.push(4, 100);
  for (index_t b = 0; b < 12; ++b) CHECK(odd.offset(b) == 7 * (b / 4) + 100 * (b % 4));
  repeated.push(5, 0);  // a broadcast axis
  for (index_t b = 0; b < 5; ++b) CHECK(repeated.offset(b) == 0);
}

TEST_CASE_TEMPLATE("copies from any order to any order", T, float, double) {
  const index_t m = 19, n = 33;
  const auto a = test::random_matrix<T>(m, n);
  const test::Matrix<T> turned = a.transpose();
  test::Matrix<T> out(m, n), out_turned(n, m);
  const MatrixView<const T> sources[] = {test::view(a), test::view(turned).transposed()};
  for (const auto& from : sources) {
    out.setZero();
    copy<T>(from, test::view(out));
    CHECK((out.array() == a.array()).all());
    out_turned.setZero();
    copy<T>(from, test::view(out_turned).transposed());
    CHECK((out_turned.array() == turned.array()).all());
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
