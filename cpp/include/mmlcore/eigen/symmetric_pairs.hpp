// All eigenpairs of a symmetric matrix of medium size, or its eigenvalues alone, in the type's own arithmetic: tridiagonal
// form (reduction.hpp), divide and conquer (divide_and_conquer.hpp), and the way back (back_transformation.hpp).
//
// LAPACK goes the same way, by blocks that its BLAS multiplies; some hundred rows lie in the caches, and what counts is to
// touch them seldom, in whole vectors, with nothing in between. 1000 rows take 0.8 of LAPACK's time on one thread, values
// alone 0.4; beyond, its blocks win, and a matrix would keep Ctrl-C waiting.
//
// The matrix is scaled by a power of two, so that its largest entry lies in [1/2, 1): no square of what counts leaves the
// range.
//
// In the time of one processor 1.5 times as fast as Eigen's SelfAdjointEigenSolver for 10 rows, 2.3 for 30, 3.4 for 100, 4
// for 300 (bench/cpp, "all eigenpairs").
//
// Cost: 4/3 n^3 flops for the values; 2 n^3 more for the way back of vectors, and up to 4/3 n^3 for their merges.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kMediumOrder = 1000;

// values (n), ascending; vectors: columns, the leading entry positive (core/signs.hpp). Reads the lower triangle of `a`.
// False for NaN, infinity, eigenvalues beyond the range, or no convergence.
template <class T>
bool symmetric_pairs(const MatrixView<const T>& a, T* values, const MatrixView<T>& vectors);

template <class T>
bool symmetric_values(const MatrixView<const T>& a, T* values);

// The k largest values, descending, and rows of z (k, n): their vectors, of length 1 and not yet orthogonal, by inverse
// iteration on the tridiagonal form (tridiagonal.hpp); scale: a power of two that brings the entries near 1.
bool symmetric_largest(const MatrixView<const double>& a, index_t k, double* values, const MatrixView<double>& z,
                       double& scale);

extern template bool symmetric_pairs<float>(const MatrixView<const float>&, float*, const MatrixView<float>&);
extern template bool symmetric_pairs<double>(const MatrixView<const double>&, double*, const MatrixView<double>&);
extern template bool symmetric_values<float>(const MatrixView<const float>&, float*);
extern template bool symmetric_values<double>(const MatrixView<const double>&, double*);

}  // namespace mmlcore
