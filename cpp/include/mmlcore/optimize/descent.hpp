// Minima of traced functions, one start or many, by Newton's, BFGS's and the limited-memory method, with bounds.
//
// Each problem is a small machine (src/optimize/descender.hpp) that says at which point it wants value and gradient, and
// goes on when it is told them. So one loop serves all: problems of few unknowns lie in the lanes of a vectorized evaluator,
// each at its own stage of its own line search, one evaluation a pass, and a lane that is done takes the next start at once.
// Problems of many unknowns are evaluated one at a time, along their arrays. No step returns to Python.
//
// Directions. BFGS keeps the inverse Hessian (n^2), L-BFGS ten pairs of steps and changes of the gradient (D. C. Liu,
// J. Nocedal, "On the limited memory BFGS method", Math. Program. 45, 1989), Newton takes the Hessian with the absolute
// values of its eigenvalues, so that saddles repel (Y. Dauphin et al., 2014), and leaves stationary points along a negative
// one. Line search: weak Wolfe conditions, enclosed, with steps by secants and parabolas; where rounding errors hide the
// decrease, the slope alone (W. W. Hager, H. Zhang, "A new conjugate gradient method", SIAM J. Optim. 16, 2005).
//
// Steepest descent and momentum, for the courses, are machines of the same kind (src/optimize/walker.hpp), without bounds.
//
// Bounds: unknowns on a bound that want to leave stay there; the others step, and what passes a bound is cut off at it
// (D. P. Bertsekas, "Projected Newton methods", SIAM J. Control Optim. 20, 1982). When a set of bounds changes, curvature
// that was learned is forgotten.
//
// When to stop: when what is left to go, gradient over curvature, is a small part of each unknown, and f is flat (or the
// Hessian says so); or when no decrease can be seen in double precision. Neither units nor a constant in f matter.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "mmlcore/calculus/program.hpp"

namespace mmlcore::optimize {

enum class Method : std::int32_t { Newton, Bfgs, Lbfgs, GradientDescent, Momentum };

// The numbers are those of mmlcore.Status.
enum class DescentEnd : std::int64_t {
  MaxIterations = 0,
  Converged = 1,
  Rounding = 4,
  NotFinite = -1,
  Stuck = -4,
  Unbounded = -6,
  OutOfUnits = 100  // not begun: squares of the gradient would leave the range, see ask_units
};

struct DescentOptions {
  Method method = Method::Newton;
  double tol = 1e-8;
  double unit = 1;         // f and its gradient are multiplied by it
  bool ask_units = false;  // whether a start with such a gradient ends at once
  index_t max_iter = 1000;
  const double *lower = nullptr, *upper = nullptr;  // (n,) each, or null
  bool trajectory = false;                          // of a single start
  double learning_rate = 0, momentum = 0.9;         // fixed ones, of the last two methods; 0: what a line search finds
};

// Further arguments of f: `data` for all problems, or for each, `stride` apart.
struct Given {
  const double* data;
  index_t size, stride;
};

struct Descents {
  std::vector<double> x, value, gradient;  // (k, n), (k,), (k, n)
  std::vector<std::int64_t> iterations, status;
  std::vector<double> path;  // iterates of a single start
};

// Called after each step of a single start; true ends the search.
using Watch = std::function<bool(const double* x, double value)>;

// `both` gives value and gradient, (1 + n); `hessian` (n, n), needed by Newton's method alone.
Descents descend(const calculus::Program& both, const calculus::Program* hessian, index_t k, index_t n, const double* start,
                 const std::vector<Given>& given, const DescentOptions& options, const Watch& watch);

}  // namespace mmlcore::optimize
