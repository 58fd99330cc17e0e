#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

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

// n points of d coordinates, all near `plane` directions of them.
std::vector<double> near_plane(index_t n, index_t d, index_t plane) {
  const auto at = random_values<double>(n * plane, 11), along = random_values<double>(plane * d, 12);
  auto x = random_values<double>(n * d, 13);
  for (index_t i = 0; i < n; ++i) {
    for (index_t c = 0; c < d; ++c) {
      x[i * d + c] *= 1e-2;
      for (index_t p = 0; p < plane; ++p) x[i * d + c] += at[i * plane + p] * along[p * d + c];
    }
  }
  return x;
}

bool pays(const std::vector<double>& x, index_t d, index_t queries, index_t k) {
  const index_t n = static_cast<index_t>(x.size()) / d;
  return KdTree<double>::pays(c_order(x.data(), n, d), queries, k);
}

TEST_CASE("a tree is for many points of few coordinates, or near few directions") {
  const auto cube = [](index_t n, index_t d) { return random_values<double>(n * d, 10); };
  CHECK(pays(cube(100000, 2), 2, 10000, 5));
  CHECK(pays(cube(100000, 3), 3, -1, 10));
  CHECK(pays(cube(20000, 8), 8, -1, 10));
  CHECK_FALSE(pays(cube(100000, 2), 2, 1, 5));
  CHECK_FALSE(pays(cube(20000, 24), 24, -1, 5));
  CHECK_FALSE(pays(cube(100, 2), 2, -1, 5));
  const auto x = near_plane(20000, 24, 3);
  CHECK(pays(x, 24, -1, 5));
  CHECK(pays(x, 24, 5000, 5));
  CHECK_FALSE(pays(x, 24, 10, 5));
  CHECK(KdTree<double>(c_order(x.data(), 20000, 24)).pays(10));
  const auto full = cube(4000, 24);
  CHECK_FALSE(KdTree<double>(c_order(full.data(), 4000, 24)).pays(10));
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
