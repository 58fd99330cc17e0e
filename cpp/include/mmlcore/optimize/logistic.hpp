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
// Of many rows, the solution for some of them is a start within their errors, found in the same way from fewer still. Steps
// by their Hessian take gradients alone, whose changes correct it (L-BFGS, see descent.hpp); each leaves about
// sqrt(d / rows of the sample) of the one before, 15 %. Where what is left takes more passes so than with a Hessian of all
// rows, that is made once, in float32, whose 1e-6 are enough for steps: 16 gradients became 8 and this.
//
// The covariance takes a Hessian in float64, longer than half of the search. It is made when somebody asks for it, if he
// does: from the point of the last gradient and the data, whose value and slope there must be what they were.
//
// 60,000 x 200, one thread (AVX2, 96 MB at 9 GB/s): 209 ms, of which eight gradients 90, the Hessian in float32 52, starts
// 50; with the covariance 314. scikit-learn's L-BFGS to 1e-6 takes 345 to 360, 11 steps. A pass over the data is bound by
// memory.
//
// There is a finite solution if and only if no direction d has s (x d) >= 0 in all rows, and > 0 in one (A. Albert, J. A.
// Anderson, "On the existence of maximum likelihood estimates in logistic regression models", Biometrika 71, 1984). Where
// there is one, the search goes along it for ever. So z itself is looked at in each pass (are all s z > 0: separated
// completely), and the step, once steps do not shrink as they should (s (x d) >= 0: separated but for ties).
//
// Cost: some 8 passes of n d^2 flops; of many rows one in float32, and 8 of n d.
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
  bool later = false;  // the covariance of many rows is left to `logistic_covariance`
};

struct LogisticLine {
  std::vector<double> coefficients, covariance;  // (d,), (side, side)
  double constant = 0, log_likelihood = 0;
  std::vector<double> state;  // what logistic_covariance needs, where the covariance was left out
  index_t iterations = 0;
  LogisticEnd end = LogisticEnd::MaxIterations;
};

// y holds 0 and 1.
template <class T>
LogisticLine logistic_fit(MatrixView<const T> x, const double* y, const LogisticOptions& options);

// The covariance of a fit that left it out; empty where x or y are not what they were: their value and slope then differ
// from those that `state` holds.
template <class T>
std::vector<double> logistic_covariance(MatrixView<const T> x, const double* y, const std::vector<double>& state,
                                        const LogisticOptions& options);

extern template LogisticLine logistic_fit(MatrixView<const float>, const double*, const LogisticOptions&);
extern template LogisticLine logistic_fit(MatrixView<const double>, const double*, const LogisticOptions&);
extern template std::vector<double> logistic_covariance(MatrixView<const float>, const double*, const std::vector<double>&,
                                                        const LogisticOptions&);
extern template std::vector<double> logistic_covariance(MatrixView<const double>, const double*, const std::vector<double>&,
                                                        const LogisticOptions&);

}  // namespace mmlcore::optimize
