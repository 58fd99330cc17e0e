#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "mmlcore/optimize/descent.hpp"
#include "programs.hpp"

namespace mmlcore::optimize {
namespace {

TEST_SUITE_BEGIN("optimize");

using test::Graph;
using test::Id;
using test::Written;

Descents minimize(const Written& f, index_t n, const std::vector<double>& start, DescentOptions options,
                  const std::vector<Given>& given = {}, const std::vector<index_t>& more = {}, const Watch& watch = {}) {
  std::vector<index_t> sizes{n};
  sizes.insert(sizes.end(), more.begin(), more.end());
  const calculus::Program both = test::value_and_gradient(f, sizes), second = test::hessian(f, sizes);
  const bool newton = options.method == Method::Newton;
  return descend(both, newton ? &second : nullptr, static_cast<index_t>(start.size()) / n, n, start.data(), given, options,
                 watch);
}

std::vector<double> starts(index_t k, index_t n) {
  std::vector<double> at(k * n);
  for (index_t i = 0; i < k * n; ++i) at[i] = 2 * std::sin(1.0 + static_cast<double>(i));
  return at;
}

// sum of (i + 1) (x_i - a_i)^2, a = 1, 2, ...
Id bowl(Graph& g, const std::vector<Id>& in) {
  const index_t n = g.size(in[0]);
  std::vector<double> weight(n), centre(n);
  for (index_t i = 0; i < n; ++i) weight[i] = 1.0 + static_cast<double>(i % 7), centre[i] = 1.0 + static_cast<double>(i);
  const Id away = g.subtract(in[0], g.constant(centre.data(), n));
  return g.sum(g.multiply(g.multiply(away, away), g.constant(weight.data(), n)), 1, n, 1);
}

TEST_CASE("all starts in a curved valley end at its bottom, alone and in lanes, whatever the threads") {
  for (const Method method : {Method::Newton, Method::Bfgs, Method::Lbfgs}) {
    for (const index_t k : {0, 1, 3, 4, 67, 300}) {
      CAPTURE(k);
      const DescentOptions options{method};
      std::vector<double> before;
      for (const int threads : {1, 3}) {
        const test::WithThreads with(threads);
        const Descents found = minimize(test::valley, 2, starts(k, 2), options);
        for (index_t i = 0; i < k; ++i) {
          CHECK(found.status[i] > 0);
          CHECK(std::abs(found.x[2 * i] - 1) < 1e-4);
          CHECK(std::abs(found.x[2 * i + 1] - 1) < 1e-4);
        }
        if (threads > 1) CHECK(found.x == before);
        before = found.x;
      }
    }
  }
}

TEST_CASE("bounds hold unknowns, in lanes and beyond") {
  for (const index_t n : {1, 5, 70}) {
    std::vector<double> low(n, -1e9), high(n, 3.5);
    for (const Method method : {Method::Newton, Method::Bfgs, Method::Lbfgs}) {
      DescentOptions options{method};
      options.lower = low.data(), options.upper = high.data();
      const index_t k = n == 70 ? 2 : 9;
      const Descents found = minimize(bowl, n, starts(k, n), options);
      for (index_t e = 0; e < k * n; ++e) {
        const double centre = 1.0 + static_cast<double>(e % n);
        CHECK(found.x[e] == doctest::Approx(std::min(centre, 3.5)).epsilon(1e-6));
      }
    }
  }
}

TEST_CASE("Newton's method leaves saddles, and a maximum of one unknown") {
  const Written saddle = [](Graph& g, const std::vector<Id>& in) {
    const Id s = g.multiply(in[0], in[0]);
    return g.sum(g.subtract(g.scale(g.multiply(s, s), 0.25), g.scale(s, 0.5)), 1, g.size(in[0]), 1);
  };
  for (const index_t n : {1, 3, 18}) {
    std::vector<double> at(n, 0.0);
    at[n - 1] = n > 1 ? 2.0 : 0.0;
    const Descents found = minimize(saddle, n, at, {Method::Newton});
    CHECK(found.status[0] > 0);
    for (index_t i = 0; i < n; ++i) CHECK(std::abs(found.x[i]) == doctest::Approx(1));
  }
}

TEST_CASE("the descents by gradients alone: line searches in lanes, fixed rates, and steps that run away") {
  for (const Method method : {Method::GradientDescent, Method::Momentum}) {
    for (const index_t n : {1, 3, 70}) {
      for (const index_t k : {1, 5, 80}) {
        const std::vector<double> at = starts(k, n);
        const Descents found = minimize(bowl, n, at, {method});
        for (index_t e = 0; e < k * n; ++e)
          CHECK(found.x[e] == doctest::Approx(1.0 + static_cast<double>(e % n)).epsilon(1e-5));
        const test::WithThreads with(3);
        CHECK(minimize(bowl, n, at, {method}).x == found.x);
      }
    }
    DescentOptions fixed{method};
    fixed.learning_rate = 0.1, fixed.momentum = 0.5;
    const Descents slow = minimize(bowl, 3, starts(1, 3), fixed);
    CHECK(slow.status[0] == 1);
    CHECK(slow.x[2] == doctest::Approx(3).epsilon(1e-6));
    fixed.learning_rate = 5;
    CHECK(minimize(bowl, 3, starts(1, 3), fixed).status[0] == static_cast<std::int64_t>(DescentEnd::Unbounded));
  }
}

TEST_CASE("data of each problem and of all; a start that is no number disturbs no other") {
  const Written parabola = [](Graph& g, const std::vector<Id>& in) {
    const Id away = g.subtract(in[0], in[1]);
    return g.add(g.multiply(in[2], g.sum(g.multiply(away, away), 1, 3, 1)), g.constant(5.0));
  };
  const index_t k = 21;
  std::vector<double> centre = starts(k, 3), weight{2.0}, at(3 * k, 0.5);
  at[3 * 7] = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Given> given{{centre.data(), 3, 3}, {weight.data(), 1, 0}};
  const Descents found = minimize(parabola, 3, at, {Method::Bfgs}, given, {3, 1});
  for (index_t i = 0; i < k; ++i) {
    if (i == 7) {
      CHECK(found.status[i] == static_cast<std::int64_t>(DescentEnd::NotFinite));
      continue;
    }
    CHECK(found.status[i] > 0);
    for (index_t j = 0; j < 3; ++j) CHECK(found.x[3 * i + j] == doctest::Approx(centre[3 * i + j]).epsilon(1e-6));
  }
}

TEST_CASE("a path begins at the start and ends at the minimum, and a watch may end it") {
  DescentOptions options{Method::Bfgs};
  options.trajectory = true;
  const std::vector<double> at{-1.2, 1.0};
  const Descents whole = minimize(test::valley, 2, at, options);
  REQUIRE(whole.path.size() == 2 * static_cast<std::size_t>(whole.iterations[0] + 1));
  CHECK(whole.path[0] == -1.2);
  CHECK(whole.path[whole.path.size() - 2] == whole.x[0]);
  int steps = 0;
  const Descents some = minimize(test::valley, 2, at, options, {}, {}, [&](const double*, double) { return ++steps == 3; });
  CHECK(some.iterations[0] == 3);
}

TEST_CASE("what has no lower bound is told") {
  const Written slope = [](Graph& g, const std::vector<Id>& in) { return g.sum(in[0], 1, 2, 1); };
  for (const Method method : {Method::Newton, Method::Bfgs, Method::Lbfgs})
    CHECK(minimize(slope, 2, {1, 2}, {method}).status[0] < 0);
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore::optimize
