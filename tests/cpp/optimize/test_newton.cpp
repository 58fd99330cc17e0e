#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "mmlcore/optimize/newton.hpp"
#include "programs.hpp"

namespace mmlcore::optimize {
namespace {

TEST_SUITE_BEGIN("optimize");

using test::Graph;
using test::Id;
using test::Written;

Roots roots(const Written& f, index_t n, const std::vector<double>& start, bool lanes, const NewtonOptions& options = {}) {
  const calculus::Program value = test::values(f, {n}), slope = test::slopes(f, {n}),
                          both = test::values(
                              [&](Graph&g, const std::vector<Id>&in) {
                                const Id v = f(g, in);
                                return g.concat({v, test::jacobian(g, v, in[0])});
                              },
                              {n});
  const ShortestStep none = [n](const double*, const double*, double* d) { std::fill_n(d, n, 0.0); };
  return newton({value, slope, lanes ? &both : nullptr}, static_cast<index_t>(start.size()) / n, n, start.data(), options,
                none);
}

// x_i^2 + x_(i+1) / 4 - (i + 1), cyclic
Id coupled(Graph& g, const std::vector<Id>& in) {
  const auto n = static_cast<std::int32_t>(g.size(in[0]));
  std::vector<std::int32_t> next;
  std::vector<double> right;
  for (std::int32_t i = 0; i < n; ++i) next.push_back((i + 1) % n), right.push_back(i + 1);
  const Id others = g.scale(g.gather(in[0], 1, next), 0.25);
  return g.subtract(g.add(g.multiply(in[0], in[0]), others), g.constant(right.data(), n));
}

TEST_CASE("systems in lanes have the roots that they have alone, whatever the threads") {
  for (const index_t n : {1, 2, 3, 4, 5}) {
    for (const index_t k : {1, 7, 300, 2500}) {
      if (n == 5 && k > 300) continue;
      std::vector<double> at(k * n);
      for (index_t i = 0; i < k * n; ++i) at[i] = 2 + std::sin(static_cast<double>(i));
      const Roots alone = roots(coupled, n, at, false), found = roots(coupled, n, at, true);
      for (index_t i = 0; i < k; ++i) {
        CHECK(found.status[i] == 1);
        CHECK(found.steps[i] == alone.steps[i]);
        CHECK(found.norm[i] < 1e-12);
        for (index_t j = 0; j < n; ++j) CHECK(found.x[i * n + j] == doctest::Approx(alone.x[i * n + j]).epsilon(1e-12));
      }
      const test::WithThreads with(3);
      CHECK(roots(coupled, n, at, true).x == found.x);
    }
  }
}

TEST_CASE("of one equation: an interval is kept, and every way to end is told as alone") {
  const Written steep = [](Graph& g, const std::vector<Id>& in) {  // arctan: the plain iteration runs away
    return g.unary(calculus::Op::Arctan, in[0]);
  };
  const Written none = [](Graph& g, const std::vector<Id>& in) { return g.add(g.multiply(in[0], in[0]), g.constant(1.0)); };
  const Written flat = [](Graph& g, const std::vector<Id>&) { return g.constant(2.0); };
  std::vector<double> at;
  for (int i = -20; i <= 20; ++i) at.push_back(0.7 * i);
  at.push_back(std::numeric_limits<double>::quiet_NaN());
  for (const Written& f : {steep, none, flat}) {
    for (const index_t steps : {1, 3, 50}) {
      const NewtonOptions options{1e-12, steps};
      const Roots alone = roots(f, 1, at, false, options), found = roots(f, 1, at, true, options);
      CHECK(found.status == alone.status);
      CHECK(found.steps == alone.steps);
    }
  }
}

TEST_CASE("a singular Jacobian disturbs no other lane") {
  const Written f = [](Graph& g, const std::vector<Id>& in) { return g.multiply(in[0], in[0]); };
  std::vector<double> at(2 * 20, 1.0);
  at[6] = 0, at[7] = 3;  // J has a zero column, f a zero
  at[10] = at[11] = 0;
  const Roots found = roots(f, 2, at, true);
  for (index_t i = 0; i < 20; ++i) CHECK(((i == 3) || found.status[i] == 1));
  CHECK(found.steps[5] == 0);
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore::optimize
