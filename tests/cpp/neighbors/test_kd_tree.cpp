#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

#include "mmlcore/core/simd.hpp"
#include "mmlcore/neighbors/kd_tree.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("neighbors");

// The distances of all points from one, squared, in order.
template <class T>
std::vector<std::pair<T, std::int64_t>> in_order(const std::vector<T>& x, index_t d, const T* query) {
  std::vector<std::pair<T, std::int64_t>> all;
  for (index_t i = 0; i < static_cast<index_t>(x.size()) / d; ++i) {
    T sum = 0;
    for (index_t c = 0; c < d; ++c) {
      const T gap = query[c] - x[static_cast<std::size_t>(i * d + c)];
      sum = sum + gap * gap;
    }
    all.emplace_back(sum, i);
  }
  std::sort(all.begin(), all.end());
  return all;
}

TEST_CASE_TEMPLATE("nearest and within, on small integers, where everything is exact", T, float, double) {
  std::mt19937 bits(1);
  for (const index_t d : {1, 2, 3, 4, 6}) {
    for (const index_t n : {1, 32, 33, 700, 20000}) {
      for (const int values : {1, 3, 1000}) {  // all equal, many copies, few
        std::vector<T> x(static_cast<std::size_t>(n * d));
        for (T& one : x) one = static_cast<T>(static_cast<int>(bits() % static_cast<unsigned>(values)));
        const KdTree<T> tree(c_order<const T>(x.data(), n, d));
        const index_t k = std::min<index_t>(n, 5), asked = std::min<index_t>(n, 3);
        std::vector<T> squares(static_cast<std::size_t>(asked * k));
        std::vector<std::int64_t> at(squares.size());
        tree.nearest(c_order<const T>(x.data(), asked, d), c_order(squares.data(), asked, k), c_order(at.data(), asked, k));
        const T radius = static_cast<T>(values) / 8;
        const PointsWithin<T> near = tree.within(c_order<const T>(x.data(), asked, d), radius);
        for (index_t q = 0; q < asked; ++q) {
          const auto right = in_order(x, d, x.data() + q * d);
          for (index_t i = 0; i < k; ++i) {
            const auto e = static_cast<std::size_t>(q * k + i), r = static_cast<std::size_t>(i);
            CHECK(std::pair(squares[e], at[e]) == right[r]);
          }
          const auto q_at = static_cast<std::size_t>(q);
          const auto count = static_cast<std::size_t>(near.offsets[q_at + 1] - near.offsets[q_at]);
          const auto within = static_cast<std::size_t>(
              std::count_if(right.begin(), right.end(), [=](const auto& one) { return std::sqrt(one.first) <= radius; }));
          CHECK(count == within);
          const auto first = near.indices.begin() + near.offsets[q_at];
          CHECK(std::equal(first, first + static_cast<std::ptrdiff_t>(count), right.begin(),
                           [](std::int64_t index, const auto& one) { return index == one.second; }));
        }
        std::vector<T> back(x.size());
        tree.points(c_order(back.data(), n, d));
        CHECK(back == x);
      }
    }
  }
}

using test::Matrix;
using test::random_matrix;

bool pays(const Matrix<double>& x, index_t queries, index_t k) { return KdTree<double>::pays(test::view(x), queries, k); }

TEST_CASE("a tree is for many points of few coordinates, or near few directions") {
  CHECK(pays(random_matrix<double>(100000, 2), 10000, 5));
  CHECK(pays(random_matrix<double>(100000, 3), -1, 10));
  CHECK(pays(random_matrix<double>(20000, 8), -1, 10));
  CHECK_FALSE(pays(random_matrix<double>(100000, 2), 1, 5));
  CHECK_FALSE(pays(random_matrix<double>(20000, 24), -1, 5));
  CHECK_FALSE(pays(random_matrix<double>(100, 2), -1, 5));
  const Matrix<double> near_three =
      random_matrix<double>(20000, 3, 1) * random_matrix<double>(3, 24, 2) + 0.01 * random_matrix<double>(20000, 24, 3);
  CHECK(pays(near_three, -1, 5));
  CHECK(pays(near_three, 5000, 5));
  CHECK_FALSE(pays(near_three, 10, 5));
  CHECK(KdTree<double>(test::view(near_three)).pays(10));
  if (Simd<double>::width > 2)  // of two lanes scanning all leaves takes so little more that either way may be taken
    CHECK_FALSE(KdTree<double>(test::view(random_matrix<double>(4000, 24))).pays(10));
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
