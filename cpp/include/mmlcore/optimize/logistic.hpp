// Logistic regression: P(y = 1 | x) = 1 / (1 + exp(-(x b + c))), by maximum likelihood.
//
// With signs s = 2 y - 1 and z = x b + c, what is minimized, minus the logarithm of the likelihood and a ridge, is convex:
//
//   sum log(1 + exp(-s z)) + ridge / 2 |b|^2,   gradient X'(p - y),   Hessian X' diag(p (1 - p)) X.
//
// Newton's steps are those of weighted least squares, iterated ("IRLS"; P. McCullagh, J. A. Nelder, "Generalized linear
// models", 1989, 4.4). One pass over the data makes value and gradient: rows in blocks that stay in the cache, by threads,
// centred and divided by the deviations of the columns, so that units and offsets cost no digits. The Hessian is the
// weighted scatter of the rows (stats/covariance.hpp). The search ends when a step is 1e-8 of the standard errors, which no
// unit changes.
//
// Of many rows, the solution for some of them is a start within their errors, found in the same way from fewer still. Their
// Hessian, times the rows over theirs, differs from that of all by sqrt(d / rows of the sample), 15 %, and steps by it take
// gradients alone, whose changes correct it (L-BFGS, see descent.hpp). The Hessian of all rows is made once, where the
// squared step is 1e-13 of the rows: the last step then leaves less than 1e-8 of the standard errors, and those have 7
// digits.
//
// 60,000 x 200, one thread: 136 ms, of which starts 20, eight gradients 48 (blocks read by core/read_ahead.hpp; 64 without),
// the Hessian 55 at four fifths of the processor's peak. Two Hessians of all rows with 7 gradients, without that of a
// sample, took 255. scikit-learn's L-BFGS of 137 ms makes 8 gradients and no standard errors, so a fourth of its time is less
// than the Hessian takes alone.
//
// There is a finite solution if and only if no direction d has s (x d) >= 0 in all rows, and > 0 in one (A. Albert, J. A.
// Anderson, "On the existence of maximum likelihood estimates in logistic regression models", Biometrika 71, 1984). Where
// there is one, the search goes along it for ever. So z itself is looked at in each pass (are all s z > 0: separated
// completely), and the step, once steps do not shrink as they should (s (x d) >= 0: separated but for ties).
//
// Cost: some 8 passes of n d^2 flops; of many rows one, and 8 of n d.
#pragma once

#include <cstdint>
#include <vector>

#include "mmlcore/core/views.hpp"

namespace mmlcore::optimize {

enum class LogisticEnd : std::int32_t {
  MaxIterations = 0,
  Converged = 1,
  Separated = 2,        // completely
  AlmostSeparated = 3,  // with rows of both classes on the border
  Dependent = 4,        // columns are linearly dependent
  NotFinite = 5
};

struct LogisticOptions {
  double ridge = 0;
  bool constant = true;
  index_t max_iter = 100;
};

struct LogisticLine {
  std::vector<double> coefficients, covariance;  // (d,), (side, side)
  double constant = 0, log_likelihood = 0;
  index_t iterations = 0;
  LogisticEnd end = LogisticEnd::MaxIterations;
};

// y holds 0 and 1.
template <class T>
LogisticLine logistic_fit(MatrixView<const T> x, const double* y, const LogisticOptions& options);

extern template LogisticLine logistic_fit(MatrixView<const float>, const double*, const LogisticOptions&);
extern template LogisticLine logistic_fit(MatrixView<const double>, const double*, const LogisticOptions&);

}  // namespace mmlcore::optimize
