#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "mmlcore/calculus/loop_body.hpp"
#include "programs.hpp"

namespace mmlcore::calculus {
namespace {

TEST_SUITE_BEGIN("calculus");

// y := a y + row, with a parameter a: y_m = a^m y_0 + sum of a^(m - 1 - i) row_i.
std::shared_ptr<LoopBody> affine() {
  auto body = std::make_shared<LoopBody>();
  const Id y = body->graph.input(1), a = body->graph.input(1), row = body->graph.input(1);
  body->state = {y}, body->parameters = {a}, body->rows = {row};
  body->outputs = {body->graph.add(body->graph.multiply(a, y), row)};
  return body;
}

std::vector<double> run(const Program& program, index_t points, const std::vector<std::vector<double>>& arguments) {
  std::vector<Points<const double>> in;
  for (std::size_t i = 0; i < arguments.size(); ++i)
    in.push_back({arguments[i].data(), program.argument_size(static_cast<index_t>(i))});
  std::vector<double> result(points * program.result_size(0));
  const Points<double> out{result.data(), program.result_size(0)};
  program.run<double>(points, in.data(), &out);
  return result;
}

TEST_CASE("a loop's states and derivatives, of any number of steps and points") {
  const auto body = affine();
  for (const index_t count : {1, 2, 7}) {
    for (const index_t points : {1, 3, 40}) {
      const auto closed = [&](double a, double y) {
        for (index_t i = 0; i < count; ++i) y = a * y + (1.0 + static_cast<double>(i));
        return y;
      };
      const test::Written last = [&](Graph& g, const std::vector<Id>& in) {
        std::vector<double> rows(count);
        for (index_t i = 0; i < count; ++i) rows[i] = 1.0 + static_cast<double>(i);
        const Id a = test::element(g, in[0], 0), y = test::element(g, in[0], 1);
        return g.loop(body, y, a, g.constant(rows.data(), count), count, false);
      };
      const test::Written all = [&](Graph& g, const std::vector<Id>& in) {
        std::vector<double> rows(count, 1.0);
        return g.loop(body, test::element(g, in[0], 1), test::element(g, in[0], 0), g.constant(rows.data(), count), count,
                      true);
      };
      std::vector<double> at(2 * points);
      for (index_t p = 0; p < points; ++p) at[2 * p] = 0.5 + 0.01 * static_cast<double>(p), at[2 * p + 1] = 2;
      const test::WithThreads with(points == 40 ? 3 : 1);
      const std::vector<double> value = run(test::values(last, {2}), points, {at}),
                                slope = run(test::slopes(last, {2}), points, {at}),
                                second = run(test::hessian(last, {2}), points, {at}),
                                states = run(test::values(all, {2}), points, {at});
      REQUIRE(states.size() == static_cast<std::size_t>(points * (count + 1)));
      for (index_t p = 0; p < points; ++p) {
        const double a = at[2 * p], y = at[2 * p + 1], h = 1e-4;
        CHECK(value[p] == doctest::Approx(closed(a, y)));
        CHECK(slope[2 * p] == doctest::Approx((closed(a + h, y) - closed(a - h, y)) / (2 * h)).epsilon(1e-6));
        CHECK(slope[2 * p + 1] == doctest::Approx(std::pow(a, count)));
        const double bent = (closed(a + h, y) - 2 * closed(a, y) + closed(a - h, y)) / (h * h);
        CHECK(second[4 * p] == doctest::Approx(bent).epsilon(1e-5).scale(10));
        CHECK(second[4 * p + 3] == 0);
        CHECK(states[p * (count + 1)] == y);
      }
    }
  }
}

TEST_CASE("forward and reverse agree about a loop") {
  Graph g;
  const Id x = g.input(2), rows = g.input(3);
  const Id v = g.loop(affine(), test::element(g, x, 0), test::element(g, x, 1), rows, 3, false);
  const double one = 1, ones[] = {1, 1, 1};
  const Id along = forward(g, {v}, {x, rows}, {g.full(g.constant(one), 2), g.constant(ones, 3)}, 1)[0];
  const std::vector<Id> back = reverse(g, {v}, {g.constant(1.0)}, {x, rows}, 1);
  const Id sum = g.add(g.sum(back[0], 1, 2, 1), g.sum(back[1], 1, 3, 1));
  const Program program(g, {x, rows}, {g.subtract(along, sum)});
  for (const double difference : run(program, 5, {{1, 2, -1, 0.5, 0, 3, 2, -2, 0.1, 7}, std::vector<double>(15, 0.3)}))
    CHECK(std::abs(difference) < 1e-12);
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore::calculus
