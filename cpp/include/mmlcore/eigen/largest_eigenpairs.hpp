// The k largest eigenpairs of a symmetric matrix, by its tridiagonal form: see tridiagonal.hpp, and up to kMediumOrder rows
// symmetric_pairs.hpp, whose reduction and values take half the time (154 rows, one pair: 530 us and 300).
//
// A full decomposition spends most of its time on vectors nobody asked for. Here the reduction to T costs 4/3 n^3 flops, and
// each wanted vector 2 n^2 for the way back from T and 2 n^2 for its certificate, the residual ||A v - theta v||. An
// eigenvalue is within its residual of a true one (Parlett, "The symmetric eigenvalue problem", theorem 4.5.1). 4.5 times as
// fast as Eigen's SelfAdjointEigenSolver for 5 of 300 (bench/cpp, "largest 5 eigenvalues").
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// values (k), descending; vectors (n x k, unit column stride), orthonormal columns. Returns the largest residual, relative
// to the largest |value|; it is of the order of n u, unless a cluster of eigenvalues could not be separated from the rest.
double largest_eigenpairs(MatrixView<const double> a, double* values, MatrixView<double> vectors);

}  // namespace mmlcore
