// The least value of a traced function in a box, by differential evolution.
//
// A population of points is moved by differences of its own members, so that steps shrink as the points gather (R. Storn,
// K. Price, "Differential evolution", J. Global Optim. 11, 1997). The variant is JADE (J. Zhang, A. C. Sanderson, IEEE
// Trans. Evol. Comput. 13, 2009): towards one of the best tenth,
//
//   v = x_i + F (x_best - x_i) + F (x_a - x_b),     a part CR of whose unknowns replaces those of x_i if that is better,
//
// with F and CR drawn about means that follow what has succeeded. A generation is evaluated in one run of the program, its
// points in vectors; numbers are drawn by counters, so that a seed gives the same search on any number of threads.
//
// It ends when the values of the population are alike, or its points; what is found is then polished by a descent.
#pragma once

#include <cstdint>
#include <vector>

#include "mmlcore/calculus/program.hpp"

namespace mmlcore::optimize {

struct EvolutionOptions {
  index_t population = 0, generations = 1000;
  double tol = 1e-8;
  std::uint64_t seed = 0;
};

struct Evolution {
  std::vector<double> points, values;  // (population, n), the best first
  index_t generations = 0, evaluations = 0;
  bool gathered = false;
};

Evolution evolve(const calculus::Program& value, index_t n, const double* lower, const double* upper,
                 const EvolutionOptions& options);

}  // namespace mmlcore::optimize
