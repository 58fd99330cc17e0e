#include <doctest/doctest.h>

#include <numeric>
#include <vector>

#include "mmlcore/core/lanes.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("core");

TEST_CASE_TEMPLATE("the transpose in registers is one, and undoes itself", T, float, double) {
  constexpr int W = Simd<T>::width;
  typename Simd<T>::Vec v[W];
  for (int i = 0; i < W; ++i) {
    for (int j = 0; j < W; ++j) v[i][j] = static_cast<T>(100 * i + j);
  }
  transpose<T>(v);
  for (int i = 0; i < W; ++i) {
    for (int j = 0; j < W; ++j) CHECK(v[i][j] == 100 * j + i);
  }
  transpose<T>(v);
  CHECK(v[0][W - 1] == W - 1);
}

// Loads all groups of a stack, checks each lane against its item, stores to another stack, and returns that.
template <class T>
void round_trip(const MatrixBatch<const T>& from, const MatrixBatch<T>& to) {
  constexpr int W = Simd<T>::width;
  const index_t size = from.item.rows * from.item.cols;
  std::vector<typename Simd<T>::Vec> lanes(static_cast<std::size_t>(size));
  for (index_t first = 0; first < from.count(); first += W) {
    const LaneGroup<const T> group(from, first);
    load_lanes<T>(group, lanes.data());
    for (int lane = 0; lane < W; ++lane) {
      const auto item = from[std::min(first + lane, from.count() - 1)];
      bool same = true;
      for (index_t e = 0; e < size; ++e) {
        same &= lanes[static_cast<std::size_t>(e)][lane] == item(e / item.cols, e % item.cols);
      }
      CHECK(same);
    }
    store_lanes<T>(LaneGroup<T>(to, first), lanes.data());
  }
  bool same = true;
  for (index_t b = 0; b < from.count(); ++b) {
    for (index_t i = 0; i < from.item.rows; ++i) {
      for (index_t j = 0; j < from.item.cols; ++j) same &= from[b](i, j) == to[b](i, j);
    }
  }
  CHECK(same);
}

TEST_CASE_TEMPLATE("stacks of every small shape go into lanes and come back", T, float, double) {
  for (const index_t count : {1, 3, 8, 17}) {
    for (index_t m = 1; m <= 6; ++m) {
      for (index_t n = 1; n <= 6; ++n) {
        std::vector<T> data(static_cast<std::size_t>(count * m * n)), out(data.size());
        std::iota(data.begin(), data.end(), T{1});
        const auto from = test::stack<const T>(data.data(), count, m, n);
        round_trip<T>(from, test::stack<T>(out.data(), count, m, n));
        // Fortran order within an item, and items in reverse.
        MatrixBatch<const T> odd{{data.data() + (count - 1) * m * n, m, n, 1, m}, {}};
        odd.batch.push(count, -m * n);
        round_trip<T>(odd, test::stack<T>(out.data(), count, m, n));
      }
    }
  }
}

TEST_CASE_TEMPLATE("lanes with NaN or infinity are told", T, float, double) {
  typename Simd<T>::Vec x[7] = {};
  CHECK(!Simd<T>::any(not_finite<T>(x, 7)));
  x[6][1] = std::numeric_limits<T>::infinity();
  const auto bad = not_finite<T>(x, 7);
  CHECK(bad[1] != 0);
  CHECK(bad[0] == 0);
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
