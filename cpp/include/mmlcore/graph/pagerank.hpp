// PageRank with a certified error.
//
// A reader follows an edge of the page with probability d (damping), each in proportion to its weight, and else restarts at
// a page drawn from v. From a page without edges he goes on to a page drawn from u. Where is he in the long run?
//   x = T x,   T x = d A x + d (sum of x over dangling pages) u + (1 - d) v,   sum x = 1.
//
// A linear system. Without its dangling columns, A is the same for every u and v, and x is a multiple of the solution of
//   y = d A y + a v + c u,   a = (1 - d) sum y,   c = d (sum of y over dangling pages).
// Dangling rows feed nobody: the iteration leaves them out, and after each sweep a and c are matched to what the
// non-dangling rows hold, as if the dangling ones were solved exactly (src/graph/balance.hpp). The stored vector is z = d y
// / W (W: edges out), so that a row is a plain sum over what it gathers: y_t = a v_t + c u_t + sum z_s.
//
// Iteration. Rows are computed in place with the newest values, in blocks (block Gauss-Seidel: within a block of many rows
// the old values of that block are used, so that threads do not race and any number of them gives the same bits). A small
// graph is one thread's work and is computed row by row. An edge from a page to itself is solved for, not iterated.
//
// Certificate. d A contracts distances in the L1 norm by d, and so does T on vectors of sum 1. One last application x' = T x
// gives
//   |x' - x*| <= d / (1 - d) |x' - x|,
// to which the rounding of x' (u times the length of the longest chain of additions of each row, weighted with its rank) is
// added, amplified alike. That sum is `error`.
//
// A graph larger than memory lies in files that are mapped (`stream`): the same sweeps read its edges piece after piece, in
// the order of the files, and give their pages back. The result is the same to the bit. Cost: a sweep reads 4 bytes an edge
// and gathers 8.
#pragma once

#include <functional>

#include "mmlcore/graph/rank_layout.hpp"

namespace mmlcore {

struct RankOptions {
  double damping = 0.85;
  const double* restart = nullptr;  // v, (problems, nodes), each sum 1; null: one problem, uniform
  index_t problems = 1;
  const double* dangling = nullptr;  // u, (nodes), sum 1; null: as v
  const double* start = nullptr;     // first iterate, (nodes), non-negative; null: none
  double tol = 1e-8;
  index_t max_iter = 1000;
  bool power = false;  // plain power iteration: Jacobi sweeps
  // Told after each sweep: the sweep's number and the error that is expected. On the calling thread; may throw.
  std::function<void(index_t, double)> progress;
  bool stream = false;  // the graph lies in mapped files: edges that were read are given back, the vectors alone stay
};

struct RankResult {
  index_t iterations = 0;
  double error = 0;
  bool converged = false;
};

// Ranks of all nodes into `ranks` (problems, nodes), eight problems at a time; the result holds the most iterations and the
// largest error. With damping 1 the lazy walk is followed, and `error` is the residual |T x - x|:
// see src/graph/lazy.hpp.
template <class Index>
RankResult pagerank(const RankLayout<Index>& graph, const RankOptions& options, double* ranks);

}  // namespace mmlcore
