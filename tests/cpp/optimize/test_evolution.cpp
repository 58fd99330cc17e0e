#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "mmlcore/optimize/evolution.hpp"
#include "programs.hpp"

namespace mmlcore::optimize {
namespace {

TEST_SUITE_BEGIN("optimize");

TEST_CASE("a population gathers at the least value, the same way for a seed, and stays in the box") {
  const calculus::Program value = test::values(test::valley, {2});
  const double low[] = {-3, -3}, high[] = {3, 3};
  const EvolutionOptions options{31, 400, 1e-10, 5};
  const Evolution one = evolve(value, 2, low, high, options);
  CHECK(one.gathered);
  CHECK(one.evaluations == 31 * (one.generations + 1));
  CHECK(std::abs(one.points[0] - 1) < 1e-3);
  for (std::size_t i = 1; i < one.values.size(); ++i) CHECK(one.values[i - 1] <= one.values[i]);
  {
    const test::WithThreads with(3);
    CHECK(evolve(value, 2, low, high, options).points == one.points);
  }
  const double side[] = {1.5, -3};  // the minimum within is on an edge
  const Evolution edge = evolve(value, 2, side, high, options);
  for (std::size_t i = 0; i < edge.points.size(); i += 2) CHECK(edge.points[i] >= 1.5);
}

TEST_CASE("a population of four, one unknown, NaN and a constant") {
  const double low[] = {-1}, high[] = {2};
  const test::Written root = [](test::Graph& g, const std::vector<test::Id>& in) {
    return g.unary(calculus::Op::Sqrt, in[0]);  // NaN below zero
  };
  const Evolution found = evolve(test::values(root, {1}), 1, low, high, {4, 200, 1e-6, 1});
  CHECK(found.values[0] >= 0);
  const test::Written flat = [](test::Graph& g, const std::vector<test::Id>&) { return g.constant(3.0); };
  const Evolution same = evolve(test::values(flat, {1}), 1, low, high, {4, 200, 1e-6, 1});
  CHECK(same.gathered);
  CHECK(same.generations == 0);
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore::optimize
