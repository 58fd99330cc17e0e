// A symmetric matrix as Q T Q', T tridiagonal; and the largest eigenpairs of T.
//
// Reduction. Row i of A, from the last one up, is mapped by a reflection H_i = I - tau v v' (v of length i, v_{i-1} = 1) on
// a multiple of the unit vector before the diagonal (Householder; Golub and Van Loan, "Matrix computations", 4th edition,
// 8.3.1):  T = H_1 ... H_{n-1} A H_{n-1} ... H_1.  With p = tau A v and w = p - (tau / 2)(p'v) v, a reflection from both
// sides is the update A - v w' - w v'. Updates are collected over a panel of kPanel rows and applied as one product
// (Dongarra, Sorensen, Hammarling, J. Comput. Appl. Math. 27, 1989); meanwhile the rows and products that are needed are
// corrected by the panel's own v and w. Half of the 4/3 n^3 flops stay with the products A v, which read the triangle of A
// once each and decide the time: see symmetric_product.hpp.
//
// Eigenvalues. The number of eigenvalues below x is the number of negative pivots of T - x I (Sylvester; Barth, Martin,
// Wilkinson, Numer. Math. 9, 1967). Bisection on that count finds the j-th eigenvalue to 2 u ||T|| whatever the
// others are. The pivots of many x are computed side by side in the lanes of a vector.
//
// Eigenvectors of T. Inverse iteration, (T - lambda) z' = z, by LU with row exchanges, from a random start (Peters,
// Wilkinson, SIAM Review 21, 1979). Vectors of close eigenvalues come out as some basis of what they share; orthonormalizing
// all of them, in order, leaves every residual at rounding level.
#pragma once

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

struct Tridiagonal {
  index_t n = 0;
  double scale = 1;              // T is that of scale * A, a power of two, whose elements are near 1
  Buffer<double> diagonal, off;  // (n), (n): off[i] couples i - 1 and i, off[0] = 0
  Buffer<double> reflectors;     // (n, stride): row i holds v_i in its first i elements
  Buffer<double> tau;            // (n)
  index_t stride = 0;
};

// Reads the lower triangle of `a` (n x n). Throws DomainError on NaN or infinity. Cost 4/3 n^3 flops, 8 n^2 bytes.
Tridiagonal tridiagonalize(MatrixView<const double> a);

// The k largest eigenvalues of T, descending. Cost 55 n k divisions.
void largest_values(const Tridiagonal& t, index_t k, double* values);

// z (k, n), C-ordered: row j is mapped to the eigenvector of T for values[j], of length 1. Rows are not yet orthogonal.
// Cost 20 n k.
void inverse_iteration(const Tridiagonal& t, index_t k, const double* values, MatrixView<double> z);

// Rows of z (k, n), vectors of T, become those of A: z_j := H_{n-1} ... H_1 z_j. Cost 2 n^2 k flops.
void back_transform(const Tridiagonal& t, MatrixView<double> z);

}  // namespace mmlcore
