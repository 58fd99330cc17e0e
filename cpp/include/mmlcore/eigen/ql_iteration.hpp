// All eigenpairs of one small tridiagonal matrix by the QL iteration with implicit shifts (H. Bowdler, R. S. Martin, C.
// Reinsch, J. H. Wilkinson, "The QR and QL algorithms for symmetric matrices", Numer. Math. 11, 1968; Golub and Van Loan,
// "Matrix computations", 4th edition, 8.3.5): a sweep of plane rotations multiplies T - s I from both sides, s near an
// eigenvalue, which then stands apart after some two sweeps. The rotations of a sweep turn the vectors together, row by row.
//
// The rotations are a chain in which each waits for the one before it; several matrices at once: lane_leaves.hpp.
#pragma once

#include "mmlcore/eigen/reduction.hpp"

namespace mmlcore {

// d on the diagonal, e[i] between i and i + 1, `size` their norm. d becomes the eigenvalues, in no order; rows of z, from
// those of the identity on, the eigenvectors; z may be null. False where that takes too long. Cost some 3 n^3 flops.
template <class T>
bool ql_iteration(index_t n, T size, T* d, T* e, PaddedRows<T> z);

extern template bool ql_iteration<float>(index_t, float, float*, float*, PaddedRows<float>);
extern template bool ql_iteration<double>(index_t, double, double*, double*, PaddedRows<double>);

}  // namespace mmlcore
