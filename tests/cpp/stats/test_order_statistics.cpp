#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "mmlcore/core/parallel.hpp"
#include "mmlcore/stats/order_statistics.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("stats");

// Numbers of few or many values, in steps up or down, or around one number.
template <class T>
test::Matrix<T> columns(index_t n, index_t d, int kind) {
  std::mt19937 bits(static_cast<unsigned>(kind));
  test::Matrix<T> x = test::random_matrix<T>(n, d, static_cast<unsigned>(kind));
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < d; ++j) {
      if (kind == 1) x(i, j) = static_cast<T>(bits() % 5);
      if (kind == 2) x(i, j) = static_cast<T>(i);
      if (kind == 3) x(i, j) = static_cast<T>(n - i) * T{1e-3};
      if (kind == 4 && bits() % 100 != 0) x(i, j) = -std::numeric_limits<T>::infinity();
    }
  }
  return x;
}

template <class T>
void check(const MatrixView<const T>& x, const std::vector<index_t>& ranks) {
  const auto r = static_cast<index_t>(ranks.size());
  test::Matrix<T> found(r, x.cols), again(r, x.cols);
  set_thread_override(2);
  order_statistics<T>(x, VectorView<const index_t>{ranks.data(), r, 1}, test::view(found));
  set_thread_override(1);
  order_statistics<T>(x, VectorView<const index_t>{ranks.data(), r, 1}, test::view(again));
  set_thread_override(0);
  for (index_t j = 0; j < x.cols; ++j) {
    std::vector<T> column(static_cast<std::size_t>(x.rows));
    for (index_t i = 0; i < x.rows; ++i) column[static_cast<std::size_t>(i)] = x(i, j);
    const bool nan = std::any_of(column.begin(), column.end(), [](T v) { return v != v; });
    if (!nan) std::sort(column.begin(), column.end());
    for (index_t k = 0; k < r; ++k) {
      if (nan) {
        CHECK(std::isnan(found(k, j)));
      } else {
        CHECK(found(k, j) == column[static_cast<std::size_t>(ranks[static_cast<std::size_t>(k)])]);
        CHECK(again(k, j) == found(k, j));
      }
    }
  }
}

// Short columns are sorted in lanes, long ones read once between two numbers of a sample, in any memory order.
TEST_CASE_TEMPLATE("numbers of any rank are those of the sorted column", T, float, double) {
  for (const index_t n : {1, 2, 7, 400, 1023, 1025, 30000}) {
    for (const index_t d : {1, 3, 20}) {
      for (int kind = 0; kind < 5; ++kind) {
        test::Matrix<T> x = columns<T>(n, d, kind);
        if (d == 20) x(n / 2, 4) = std::numeric_limits<T>::quiet_NaN();
        std::vector<index_t> ranks{0, n / 4, n / 2, (3 * n) / 4, n - 1};
        check<T>(test::view<T>(x), ranks);
        check<T>(test::view<T>(x), {n / 2});
        const test::Matrix<T> turned = x.transpose();
        check<T>(test::view(turned).transposed(), ranks);
      }
    }
  }
}

TEST_CASE("every second number, and as many ranks as are taken at once") {
  const test::Matrix<double> x = columns<double>(5000, 8, 0);
  const MatrixView<const double> all = test::view(x);
  std::vector<index_t> ranks;
  for (int k = 0; k < kMostRanks; ++k) ranks.push_back(k * 150);
  check<double>({all.data, 2500, 4, 2 * all.row_stride, 2}, ranks);
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
