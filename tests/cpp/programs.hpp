// Programs that tests of loops need: graphs of a function and its derivatives, as the tracer would make them.
#pragma once

#include <functional>
#include <vector>

#include "mmlcore/calculus/differentiate.hpp"
#include "mmlcore/calculus/graph.hpp"
#include "mmlcore/calculus/program.hpp"
#include "mmlcore/core/parallel.hpp"

namespace mmlcore::test {

using calculus::Graph;
using calculus::Id;

// f(graph, inputs): a node of one number or several; input 0 are the unknowns.
using Written = std::function<Id(Graph&, const std::vector<Id>&)>;

inline std::vector<Id> inputs_of(Graph& g, const std::vector<index_t>& sizes) {
  std::vector<Id> ids;
  for (const index_t size : sizes) ids.push_back(g.input(size));
  return ids;
}
inline Id element(Graph& g, Id x, std::int32_t i) { return g.gather(x, 1, {i}); }

// The Jacobian of m numbers by input 0, (m, n); the adjoints of m combinations travel together.
inline Id jacobian(Graph& g, Id f, Id x) {
  const index_t m = g.size(f);
  std::vector<double> unit(m * m);
  for (index_t i = 0; i < m; ++i) unit[i * m + i] = 1;
  const Graph::Sweep sweep(g);
  const Id found = calculus::reverse(g, {f}, {g.constant(unit.data(), m * m)}, {x}, m)[0];
  return found == calculus::kNone ? g.full(g.constant(0.0), m * g.size(x)) : found;
}

inline calculus::Program values(const Written& f, const std::vector<index_t>& sizes) {
  Graph g;
  const std::vector<Id> in = inputs_of(g, sizes);
  const Id v = f(g, in);
  return {g, in, {v}};
}
inline calculus::Program slopes(const Written& f, const std::vector<index_t>& sizes) {
  Graph g;
  const std::vector<Id> in = inputs_of(g, sizes);
  const Id j = jacobian(g, f(g, in), in[0]);
  return {g, in, {j}};
}
inline calculus::Program value_and_gradient(const Written& f, const std::vector<index_t>& sizes) {
  Graph g;
  const std::vector<Id> in = inputs_of(g, sizes);
  const Id v = f(g, in), both = g.concat({v, jacobian(g, v, in[0])});
  return {g, in, {both}};
}
inline calculus::Program hessian(const Written& f, const std::vector<index_t>& sizes) {
  Graph g;
  const std::vector<Id> in = inputs_of(g, sizes);
  const Id h = jacobian(g, jacobian(g, f(g, in), in[0]), in[0]);
  return {g, in, {h}};
}

// 100 (y - x^2)^2 + (1 - x)^2
inline Id valley(Graph& g, const std::vector<Id>& in) {
  const Id x = element(g, in[0], 0), y = element(g, in[0], 1);
  const Id bend = g.subtract(y, g.multiply(x, x)), away = g.subtract(g.constant(1.0), x);
  return g.add(g.scale(g.multiply(bend, bend), 100), g.multiply(away, away));
}

struct WithThreads {
  explicit WithThreads(int count) : before(num_threads()) { set_num_threads(count); }
  ~WithThreads() { set_num_threads(before); }
  WithThreads(const WithThreads&) = delete;
  WithThreads& operator=(const WithThreads&) = delete;
  int before;
};

}  // namespace mmlcore::test
