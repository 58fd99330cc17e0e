#include <doctest/doctest.h>

#include <vector>

#include "mmlcore/core/simd.hpp"
#include "mmlcore/orthogonal/reflector.hpp"
#include "support.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("orthogonal");

// x -> beta e_0, by an orthogonal matrix, at every size of x.
TEST_CASE_TEMPLATE("a reflector maps its column on the first axis", T, float, double) {
  const T least = std::numeric_limits<T>::denorm_min(), most = std::numeric_limits<T>::max();
  for (const T size : {T{1}, most / 64, std::numeric_limits<T>::min(), 1000 * least, T{-1}}) {
    for (const index_t n : {2, 3, 8, 40}) {
      test::Matrix<T> x = test::random_matrix<T>(n, 1, static_cast<unsigned>(n)) * size;
      const Eigen::VectorXd before = x.template cast<double>();
      Eigen::VectorXd v(n);
      std::vector<T> tail(static_cast<std::size_t>(n));
      const T tau = reflector(x(0), x.data() + 1, n - 1, tail.data() + 1);
      v[0] = 1;
      for (index_t i = 1; i < n; ++i) v[i] = tail[static_cast<std::size_t>(i)];
      const double t = tau;
      // H is orthogonal where tau = 2 / v'v.
      CHECK(t * v.squaredNorm() == doctest::Approx(2).epsilon(100 * test::kUnit<T>));
      const Eigen::VectorXd after = before - t * v.dot(before) * v;
      const double rounding = std::abs(size) <= 1000 * least ? 4 * static_cast<double>(least) : 0;
      CHECK(after.tail(n - 1).stableNorm() <= 50 * test::kUnit<T> * before.stableNorm() + rounding);
      CHECK(std::abs(after[0] - static_cast<double>(x(0))) <= 50 * test::kUnit<T> * before.stableNorm() + rounding);
      CHECK((x(0) < 0) == !(before[0] < 0));
    }
  }
}

TEST_CASE("nothing below the first entry: no reflection") {
  double x[3] = {-2, 0, 0};
  CHECK(reflector(x[0], x + 1, 2, x + 1) == 0);
  CHECK(x[0] == -2);
  CHECK(reflector(x[0], x + 1, 0, x + 1) == 0);
}

TEST_CASE("lanes reflect as numbers do") {
  using S = Simd<double>;
  S::Vec x0;
  for (int l = 0; l < S::width; ++l) x0[l] = l % 2 ? l : -l - 1;
  const auto lanes = reflection<S::Vec>(x0, S::splat(50));
  for (int l = 0; l < S::width; ++l) {
    const auto one = reflection<double>(x0[l], 50);
    CHECK(lanes.beta[l] == one.beta);
    CHECK(lanes.head[l] == one.head);
    CHECK(lanes.scale[l] == one.scale);
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
