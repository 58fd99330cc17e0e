// Eigenpairs of a symmetric tridiagonal matrix by divide and conquer: cut in halves down to leaves of kLeaf rows, all of
// which are solved side by side (lane_leaves.hpp), and put together again two by two (rank_one_merge.hpp).
//
// With vectors, row i of a square holds eigenvector i of a block, in the block's columns. A merge packs those that take part
// and multiplies them with the eigenvectors of D + rho z z': vectors that are zero in one half save that half's work. The
// last merge multiplies from the other side, which gives the vectors as columns, as the way back to A needs them. Its
// product alone is n^3 operations, three quarters of all.
//
// For the values alone, of each vector only its first and last number are kept: all that the merge above needs. That is n^2
// work.
#pragma once

#include "mmlcore/eigen/reduction.hpp"

namespace mmlcore {

// Squares of n rows of padded_rows<T>(n) numbers; `to` has rows_held(n).
template <class T>
struct DivideSquares {
  PaddedRows<T> to, packed, weights;
};

// d, e (e[i] between i and i + 1) of n rows, entries of size 1 at most. d becomes the eigenvalues, and order[0], order[1],
// ... are their numbers in ascending order; column j of `to` is the eigenvector of d[j]. False without convergence.
template <class T>
bool divide_and_conquer(index_t n, T* d, T* e, index_t* order, const DivideSquares<T>& squares);

// The values alone; `square` holds n rows.
template <class T>
bool divide_and_conquer_values(index_t n, T* d, T* e, index_t* order, PaddedRows<T> square);

extern template bool divide_and_conquer<float>(index_t, float*, float*, index_t*, const DivideSquares<float>&);
extern template bool divide_and_conquer<double>(index_t, double*, double*, index_t*, const DivideSquares<double>&);
extern template bool divide_and_conquer_values<float>(index_t, float*, float*, index_t*, PaddedRows<float>);
extern template bool divide_and_conquer_values<double>(index_t, double*, double*, index_t*, PaddedRows<double>);

}  // namespace mmlcore
