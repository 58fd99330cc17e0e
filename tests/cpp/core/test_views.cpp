#include <doctest/doctest.h>

#include <limits>
#include <vector>

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

// What does not fill squares of vectors: short rows, with and without gaps, ends of long ones. Only what is copied decides
// whether all is finite.
TEST_CASE_TEMPLATE("rows of every length become columns", T, float, double) {
  for (const index_t m : {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 33, 100}) {
    for (index_t n = 1; n < 40; n += m < 9 || n < 9 ? 1 : 3) {
      for (const index_t gap : {0, 1, 5}) {
        const index_t step = n + gap;
        const index_t apart = m + gap % 4;  // of columns of the copy: what lies between them stays
        std::vector<T> numbers(static_cast<std::size_t>((m - 1) * step + n)), out(static_cast<std::size_t>(apart * n));
        for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<T>(i + 1);
        const MatrixView<const T> from{numbers.data(), m, n, step, 1};
        const MatrixView<T> to{out.data(), m, n, 1, apart};
        for (index_t i = 0; gap > 0 && i + 1 < m; ++i) {
          numbers[static_cast<std::size_t>(i * step + n)] = std::numeric_limits<T>::infinity();
        }
        bool same = copy_finite<T>(from, to);
        for (index_t i = 0; i < m; ++i) {
          for (index_t j = 0; j < n; ++j) same &= to(i, j) == static_cast<T>(i * step + j + 1);
        }
        for (index_t j = 0; j < n; ++j) {
          for (index_t i = m; i < apart; ++i) same &= out[static_cast<std::size_t>(j * apart + i)] == 0;
        }
        CHECK(same);
        numbers.back() = std::numeric_limits<T>::quiet_NaN();
        CHECK(!copy_finite<T>(from, to));
      }
    }
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
