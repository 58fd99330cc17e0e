#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "mmlcore/core/parallel.hpp"
#include "mmlcore/neighbors/points_within.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("neighbors");

// Small integers: sums of squares are exact, many distances are equal, and some are the radius itself.
template <class T>
test::Matrix<T> on_grid(index_t n, index_t d, unsigned seed) {
  return test::random_matrix<T>(n, d, seed).unaryExpr([](T v) { return std::round(2 * v); });
}

TEST_CASE_TEMPLATE("all points within a distance, nearest first, then by index", T, float, double) {
  for (const auto& [n, q, d] : {std::array<index_t, 3>{1, 1, 1}, {40, 5, 2}, {37, 3, 9}, {300, 61, 3}, {1000, 200, 5}}) {
    const test::Matrix<T> points = on_grid<T>(n, d, 1), queries = on_grid<T>(q, d, 2);
    const test::Matrix<T> turned = points.transpose(), asked = queries.transpose();
    for (const T radius : {T{0}, T{3}, std::sqrt(T{5}), T{1000}}) {
      for (const bool columns : {false, true}) {
        set_thread_override(columns ? 1 : 2);
        const PointsWithin<T> found =
            columns ? points_within<T>(test::view(turned).transposed(), test::view(asked).transposed(), radius)
                    : points_within<T>(test::view(points), test::view(queries), radius);
        set_thread_override(0);
        REQUIRE(found.offsets.size() == static_cast<std::size_t>(q) + 1);
        for (index_t i = 0; i < q; ++i) {
          std::vector<std::pair<T, std::int64_t>> right;
          for (index_t p = 0; p < n; ++p) {
            const T distance = std::sqrt((points.row(p) - queries.row(i)).squaredNorm());
            if (distance <= radius) right.emplace_back(distance, p);
          }
          std::sort(right.begin(), right.end());
          const auto first = static_cast<std::size_t>(found.offsets[static_cast<std::size_t>(i)]);
          REQUIRE(static_cast<std::size_t>(found.offsets[static_cast<std::size_t>(i) + 1]) == first + right.size());
          for (std::size_t k = 0; k < right.size(); ++k)
            CHECK(std::pair(found.distances[first + k], found.indices[first + k]) == right[k]);
        }
      }
    }
  }
}

TEST_CASE("no queries have nothing") {
  const test::Matrix<double> points = on_grid<double>(5, 2, 1);
  const PointsWithin<double> found =
      points_within<double>(test::view(points), c_order<const double>(points.data(), 0, 2), 1.0);
  CHECK(found.offsets == std::vector<std::int64_t>{0});
  CHECK(found.indices.empty());
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
