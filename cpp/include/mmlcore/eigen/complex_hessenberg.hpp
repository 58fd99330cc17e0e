// The Hessenberg form of a complex matrix, Q* A Q with zeros below the numbers beside the diagonal, real and imaginary parts
// apart in rows of their own.
//
// As in hermitian_reduction.hpp, row k from the last one up is mapped by a reflection H_k = I - tau v v* on a multiple of
// the unit vector before the diagonal; v has k numbers, and A = Q T Q* with Q = H_{n-1} ... H_2. With y = A v, z = A* v and
// sigma = v* A v a reflection from both sides is an update of rank two,
//
//   H A H = A - v p* - q v*,   p = tau (z - (tau / 2) conj(sigma) v),   q = tau (y - (tau / 2) sigma v),
//
// so that one pass over the first k rows makes it and multiplies with the next v from both sides: 16 multiply-adds of real
// numbers for each number of A before column k, and 8 behind it, where v is zero. The usual form column by column has a
// product and an update for each side, four passes (Golub and Van Loan, "Matrix computations", 2013, 7.4.2). Cost
// 40/3 n^3 flops.
#pragma once

#include "mmlcore/eigen/reduction.hpp"

namespace mmlcore {

// How many numbers of scratch it needs.
template <class T>
index_t hessenberg_scratch(index_t n);

// `a`: rows 2 r and 2 r + 1 hold the parts of row r, and zeros behind the n-th up to a whole vector; T takes its place. Rows
// 2 k and 2 k + 1 of `v` hold the vector of H_k in their first k elements and zeros behind it, up to a whole vector at
// least; tau[0] = tau[1] = 0. Entries near 1 at most.
template <class T>
void complex_hessenberg(index_t n, PaddedRows<T> a, PaddedRows<T> v, T* tau, T* scratch);

extern template index_t hessenberg_scratch<float>(index_t);
extern template index_t hessenberg_scratch<double>(index_t);
extern template void complex_hessenberg<float>(index_t, PaddedRows<float>, PaddedRows<float>, float*, float*);
extern template void complex_hessenberg<double>(index_t, PaddedRows<double>, PaddedRows<double>, double*, double*);

}  // namespace mmlcore
