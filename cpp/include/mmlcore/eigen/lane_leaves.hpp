// The leaves of divide and conquer: tridiagonal matrices of up to kLeaf rows, one in each SIMD lane, by QL iteration.
//
// QL with implicit shifts (H. Bowdler, R. S. Martin, C. Reinsch, J. H. Wilkinson, "The QR and QL algorithms for symmetric
// matrices", Numer. Math. 11, 1968; Golub and Van Loan, "Matrix computations", 4th edition, 8.3.5): a sweep of plane
// rotations multiplies T - s I from both sides, s near an eigenvalue, which then stands apart after some two sweeps.
//
// A sweep is a chain in which each rotation waits for the one before it: a square root and a
// division, some fifty cycles, in which a vector of matrices is turned as fast as one. So every lane does its own sweep,
// from its own `low` to its own `high`; steps outside these are rotations by nothing. Lanes that are done wait for the
// others; all of them need some two sweeps for an eigenvalue.
//
// An off-diagonal number counts as zero against its neighbours, or against the norm of the whole matrix that the leaves were
// cut from: against the leaf's own alone, leaves that hold rounding errors only, as those of matrices of low rank do, would
// never end in float32.
#pragma once

#include "mmlcore/eigen/reduction.hpp"

namespace mmlcore {

inline constexpr index_t kLeaf = 8;

struct Leaf {
  index_t first, size;
};

// d and e (e[i] between i and i + 1) of all leaves in place; d becomes the eigenvalues, in no order, and row first + i of q
// the eigenvector of d[first + i], in the leaf's columns. `size` is the norm of the whole. False without
// convergence.
template <class T>
bool solve_leaves(const Leaf* leaves, index_t count, T size, T* d, const T* e, PaddedRows<T> q);

extern template bool solve_leaves<float>(const Leaf*, index_t, float, float*, const float*, PaddedRows<float>);
extern template bool solve_leaves<double>(const Leaf*, index_t, double, double*, const double*, PaddedRows<double>);

}  // namespace mmlcore
