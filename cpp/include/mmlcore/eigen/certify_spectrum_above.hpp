// The certificate of the largest eigenpairs: whether any other eigenvalue lies above a bound.
//
// An iteration may converge to true eigenpairs and still have missed one, a second copy of a repeated eigenvalue above all:
// residuals do not show what was never met. With the pairs found, (theta_j, v_j), moved below the bound,
//
//   S = bound I - A + sum_j c_j v_j v_j',   c_j = theta_j - theta_k + size,
//
// is positive definite exactly if all other eigenvalues of A are smaller than the bound (Sylvester's law of inertia;
// Parlett, "The symmetric eigenvalue problem", 3.3), and Cholesky's factorization, S = L L', decides: it ends with positive
// pivots, or meets one that is not. It decides for a matrix that differs from S by some n u ||S|| (Higham, "Accuracy and
// stability of numerical algorithms", theorem 10.7), so the bound has to lie that much above theta_k.
//
// Up to kWhole rows that is Eigen's LLT. Beyond, blocks of kPanel columns: the diagonal block is factored (cholesky.hpp),
// the columns below are solved with its factor, and the rest, n^3 / 3 of the flops, is products of matrices on all threads,
// which LLT has not: for 1000 rows two of them take 1.4 times less, one takes 0.9 of the time. Of 100 to 300 rows, S formed
// by Eigen as well takes 1.0 to 1.3 times as long (bench/cpp, "no eigenvalue above").
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// `a` n x n, of which the lower triangle is read; vectors n x k with orthonormal columns; values (k) descending; `size` the
// largest |eigenvalue|, about. Cost n^3 / 3 flops, 8 n^2 bytes.
bool certify_spectrum_above(double bound, MatrixView<const double> a, const double* values, MatrixView<const double> vectors,
                            double size);

}  // namespace mmlcore
