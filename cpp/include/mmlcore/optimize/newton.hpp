// Newton and Raphson's iteration x - J(x)^-1 f(x) for k systems of n equations at once, each from its own start.
//
// Values and Jacobians are programs (calculus/program.hpp), run over all systems that are not done; a system is then a
// row, and its step a solution of a linear system by elimination. Where J is singular the shortest step is taken that comes
// nearest, if it comes nearer at all.
//
// Safeguards. A step that does not decrease |f| in proportion (Armijo) is halved. Of one equation, points with both signs of
// f enclose a root: a step that would leave them, or that gains little, goes to their middle instead. A minimum of |f| holds
// such steps fast, and where that happened the plain iteration, which may jump out of it, has a try as well.
//
// When to stop: the step is a small part (`tol`) of each unknown, or of 0.01 times where it started; the second alone ends a
// slow approach to zero, not a fast one to something tiny. Or where a step that rounding errors of f make up is all that is
// left.
//
// One thread: a system of two equations 2.8 us, of which the iteration takes 1.5 (optimize.cpp builds the result; the way
// through Python's checks took 7.4); 100,000 starts 10 to 12 ms where they are near, 30 ms where a quarter is held fast.
//
// Source: J. E. Dennis, R. B. Schnabel, "Numerical Methods for Unconstrained Optimization and Nonlinear Equations" (1996),
// chapters 5 and 6. Cost of a step: f, its Jacobian, and 2/3 n^3 operations.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "mmlcore/calculus/program.hpp"

namespace mmlcore::optimize {

struct NewtonOptions {
  double tol = 1e-12;
  index_t max_iter = 50;
  bool safeguard = true, trajectory = false;
};

// Numbers as in mmlcore/optimize/_status.py.
enum class NewtonStatus : std::int64_t { MaxIterations = 0, Converged = 1, NotFinite = -1, Stuck = -4, Singular = -5 };

struct Roots {
  std::vector<double> x, norm;  // (k, n); Euclidean norms of f
  std::vector<std::int64_t> steps, status;
  std::vector<double> path;  // (iterations + 1, k, n)
};

// The shortest d that makes |J d - f| least, for a singular J (n, n), row by row.
using ShortestStep = std::function<void(const double* jacobian, const double* f, double* d)>;

// Both programs take one argument of n numbers; `values` gives n numbers, `slopes` n^2, row by row.
struct NewtonPrograms {
  const calculus::Program &values, &slopes;  // n; (n, n)
  const calculus::Program* both = nullptr;   // values and then slopes, of few unknowns; null: none
};

Roots newton(const NewtonPrograms& programs, index_t k, index_t n, const double* start, const NewtonOptions& options,
             const ShortestStep& shortest);

}  // namespace mmlcore::optimize
