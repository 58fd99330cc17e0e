#include <doctest/doctest.h>

#include <vector>

#include "mmlcore/core/careful_length.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("vectors");

TEST_CASE_TEMPLATE("lengths at the ends of the range and in its middle", T, float, double) {
  using Limits = std::numeric_limits<T>;
  for (const index_t n : {1, 2, 4, 5, 1000}) {
    const T root = std::sqrt(static_cast<T>(n));
    for (const T x : {T{1}, Limits::min(), Limits::max() / 64, T{1e-30f}, -T{1e30f}}) {
      const std::vector<T> same(static_cast<std::size_t>(n), x);
      CHECK(safe_length(same.data(), n) == doctest::Approx(std::abs(x) * root).epsilon((8 + n) * test::kUnit<T>));
      const T careful = careful_length<T>(n, [&](index_t j) { return same[static_cast<std::size_t>(j)]; });
      CHECK(careful == doctest::Approx(std::abs(x) * root).epsilon((8 + n) * test::kUnit<T>));
    }
  }
  const T three[] = {3 * Limits::denorm_min(), 4 * Limits::denorm_min()};
  CHECK(safe_length(three, 2) == 5 * Limits::denorm_min());
  CHECK(careful_length<T>(
            2, [](index_t) { return T{3}; }, true) == 18);
}

TEST_CASE_TEMPLATE("NaN stays, beside an infinity as well, and infinity", T, float, double) {
  const T nan = std::numeric_limits<T>::quiet_NaN(), infinite = std::numeric_limits<T>::infinity();
  const T zero_nan[] = {0, nan}, both[] = {infinite, 1, nan, 0, 2}, one[] = {1, -infinite};
  CHECK(std::isnan(safe_length(zero_nan, 2)));
  CHECK(std::isnan(safe_length(both, 5)));
  CHECK(safe_length(one, 2) == infinite);
  CHECK(safe_length(zero_nan, 1) == 0);
  CHECK(safe_length(one, 0) == 0);
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
