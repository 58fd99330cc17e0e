// Linear regression y = X b + c of ordinary data, with all that is told of it, in one call.
//
// Of few numbers (kSmallFit) the columns of (X, y), less their means and divided by their lengths, become the triangle R of
// a QR decomposition (r_factor.hpp):
//
//   (x, y) = Q [R q; 0 rho],     b = R^-1 q,     chi2 = rho^2,     covariance = (R'R)^-1 chi2 / dof.
//
// Of more numbers the matrix of scatter C of (x, y), which costs one pass (stats/covariance.hpp), is taken in units in which
// its diagonal is 1, and with C = L L' for the columns of X, b and chi2 follow from M = L^-1:
//
//   q = M C_y,     b = M' q,     chi2 = 1 - q'q,     (X'X)^-1 = M'M,     1 / |M|_F^2 <= the smallest eigenvalue of C.
//
// What is lost are the digits of 1 - q'q where little is left, and of b where that eigenvalue is small. Little left is
// mended by one pass more: the residuals r = y - x b themselves, and their products s = x'r with the columns, which say what
// b misses,
//
//   b += C^-1 s,     chi2 = r'r - s'C^-1 s,
//
// one step of iterative refinement (A. Bjorck, "Stability analysis of the method of seminormal equations for linear least
// squares problems", Linear Algebra Appl. 88, 1987), which gives b the accuracy of a QR decomposition as long as the square
// of the condition, 1e4 at most here, is far below 1 / eps.
//
// Cost: n d^2 flops and one pass over the data, or two; R costs twice the flops.
#pragma once

#include <vector>

#include "mmlcore/core/views.hpp"

namespace mmlcore::optimize {

inline constexpr index_t kSmallFit = index_t{1} << 12;  // numbers up to which a QR decomposition takes no time worth saving

// How the call ended.
enum class Outcome {
  Fitted,
  Steep,  // columns are too close to dependent for the normal equations
  Care    // there are no degrees of freedom, dependent or constant columns, NaN, numbers near the ends of the range
};

struct Line {
  double* coefficients;  // (d,)
  double* covariance;    // (d + 1, d + 1), or (d, d) without a constant
  double constant = 0, chi2 = 0, dof = 0, r2 = 0;
  // Of points so far from 0 that the variance of the constant hides that of the line: their mean, and the variance there.
  std::vector<double> mean;
  double level = 0;
};

// x has a row for each point; `sigma` are the standard deviations of y, contiguous, or null. Only where the outcome is
// Fitted does `line` hold anything.
template <class T>
Outcome linear_fit(MatrixView<const T> x, VectorView<const T> y, const double* sigma, bool constant, Line& line);

extern template Outcome linear_fit(MatrixView<const float>, VectorView<const float>, const double*, bool, Line&);
extern template Outcome linear_fit(MatrixView<const double>, VectorView<const double>, const double*, bool, Line&);

}  // namespace mmlcore::optimize
