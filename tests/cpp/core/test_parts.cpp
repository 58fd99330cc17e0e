#include <doctest/doctest.h>

#include <vector>

#include "mmlcore/core/lane_sums.hpp"
#include "mmlcore/core/part_of_vector.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("core");

// The numbers end with their memory: the address sanitizer sees what lies behind.
TEST_CASE_TEMPLATE("a part of a vector reads and writes its own numbers alone", T, float, double) {
  constexpr index_t W = Simd<T>::width;
  for (index_t count = 1; count < W; ++count) {
    const PartOfVector<T> part(count);
    std::vector<T> from(static_cast<std::size_t>(count)), to(static_cast<std::size_t>(W), T{-1});
    for (index_t i = 0; i < count; ++i) from[static_cast<std::size_t>(i)] = static_cast<T>(i + 1);
    const auto v = part.load(from.data());
    for (index_t i = 0; i < W; ++i) CHECK(v[i] == (i < count ? static_cast<T>(i + 1) : T{0}));
    part.store(to.data(), v + T{1});
    for (index_t i = 0; i < W; ++i) CHECK(to[static_cast<std::size_t>(i)] == (i < count ? static_cast<T>(i + 2) : T{-1}));
  }
}

template <class T, int Count>
void check_sums() {
  constexpr int W = Simd<T>::width;
  typename Simd<T>::Vec v[Count];
  T wanted[Count] = {};
  for (int i = 0; i < Count; ++i) {
    for (int j = 0; j < W; ++j) wanted[i] += v[i][j] = static_cast<T>(100 * i + j * j);
  }
  const auto sums = sums_of_lanes<T, Count>(v);
  for (int i = 0; i < Count; ++i) CHECK(sums[i] == wanted[i]);
}

TEST_CASE_TEMPLATE("the sums of a few vectors stand in the first lanes", T, float, double) {
  check_sums<T, 1>();
  check_sums<T, 2>();
  if constexpr (Simd<T>::width >= 4) check_sums<T, 4>();
  check_sums<T, Simd<T>::width>();
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
