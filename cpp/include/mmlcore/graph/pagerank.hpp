// PageRank: the stationary distribution of a surfer who follows a random link with probability d and else jumps (Brin, Page,
// "The anatomy of a large-scale hypertextual web search engine", 1998). With P the column-stochastic link matrix, zero
// columns for dangling nodes D, jump distribution p and w where surfers go from dangling nodes,
//
//   x = T x = d (P x + w sum_{j in D} x_j) + (1 - d) p.
//
// d < 1: a linear system with a contraction: ||T x - T y||_1 <= d ||x - y||_1. It is solved by Gauss-Seidel sweeps (each new
// x_i is used at once, which about halves the number of sweeps; Arasu et al., "PageRank computation and the structure of the
// web", WWW 2002): the nodes are cut into one range per thread, a range sees its own new values and the others' old ones. A
// sweep pulls over in-edges, reads the contributions x_j / outdegree_j divided beforehand, and sums the change in passing.
// When the change has become small, x is scaled to sum 1 and one exact application of T certifies it:
//
//   ||T x - x*||_1 <= d / (1 - d) ||T x - x||_1 + rounding,
//
// and T x is returned. Rounding is bounded by u sum_i (indegree_i + 4) y_i / (1 - d), all terms being positive.
//
// d = 1: there is no contraction, and a periodic graph has no limit of T^k. The lazy walk (x + T x) / 2 has the same
// stationary distributions and converges on every graph, to one that depends on the start when there are several; the error
// is then the residual ||T x - x||_1.
//
// Cost: 12 bytes read an edge and a sweep. The bits depend on the number of threads (ranges), not on chance.
#pragma once

#include "mmlcore/core/views.hpp"
#include "mmlcore/graph/in_edges.hpp"

namespace mmlcore {

struct PageRankOptions {
  double damping = 0.85;
  const double* jump = nullptr;      // (nodes), sum 1; null is uniform
  const double* dangling = nullptr;  // (nodes), sum 1; null is `jump`
  const double* start = nullptr;     // (nodes), sum 1; null is `jump`
  double tol = 1e-8;
  index_t max_iter = 1000;
};

struct PageRankResult {
  index_t iterations = 0;
  double error = 0;
  bool converged = false;
};

PageRankResult pagerank(const InEdges& graph, const PageRankOptions& options, double* ranks);

}  // namespace mmlcore
