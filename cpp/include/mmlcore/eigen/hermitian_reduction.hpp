// The tridiagonal form of a Hermitian matrix, in real arithmetic: real and imaginary parts lie apart, in rows of their own.
//
// As in reduction.hpp, row k from the last one up is mapped by a reflection H_k = I - tau v v* on a multiple of the unit
// vector before the diagonal. With u the conjugate of row k (which is the column above the diagonal), of length s, and z its
// last number,
//
//   v = (u + s z/|z| e) / (z + s z/|z|),   tau = 1 + |z|/s,   H_k u = -s z/|z| e,
//
// so that the last number of v is 1, tau is real and H_k is Hermitian. Then with p = tau A v and w = p - (tau / 2)(v* p) v,
//
//   H A H = A - v w* - w v*.
//
// Numbers t_k beside the diagonal are complex. T = D R D* with D diagonal, of numbers of size 1, and R real, its numbers
// beside the diagonal |t_k| >= 0: from the last one up, D_{k-1} = t_k / |t_k| D_k. What is left is a real problem, and
// A = Q D R (Q D)*, Q = H_{n-1} ... H_1.
//
// Parts that lie apart make a product of complex numbers four multiply-adds of whole vectors without a shuffle. A number of
// A that is loaded then has four times the work that it has in the real form: the units and not the cache decide the time,
// and updates by one pair (v, w), in the pass that multiplies with the next v, take no longer than those by two.
#pragma once

#include <complex>

#include "mmlcore/eigen/reduction.hpp"

namespace mmlcore {

// How many numbers of scratch reduce_hermitian() needs.
template <class T>
index_t hermitian_scratch(index_t n);

// `a`: 2 rows_held(n) rows, row r of the matrix in rows 2 r (real parts) and 2 r + 1 (imaginary ones); finite, its lower
// triangle is read and spoilt; entries near 1 at most. d, e: the diagonal of R and what is beside it, e[i] between i and
// i + 1 (e[n-1] = 0); phases: the diagonal of D. Rows 2 k and 2 k + 1 of `v` hold the vector of H_k in their first k
// elements and zeros behind it, up to a whole vector at least; tau[0] = 0. Cost 16/3 n^3 flops.
template <class T>
void reduce_hermitian(index_t n, PaddedRows<T> a, PaddedRows<T> v, T* tau, T* d, T* e, std::complex<T>* phases, T* scratch);

extern template index_t hermitian_scratch<float>(index_t);
extern template index_t hermitian_scratch<double>(index_t);
extern template void reduce_hermitian<float>(index_t, PaddedRows<float>, PaddedRows<float>, float*, float*, float*,
                                             std::complex<float>*, float*);
extern template void reduce_hermitian<double>(index_t, PaddedRows<double>, PaddedRows<double>, double*, double*, double*,
                                              std::complex<double>*, double*);

}  // namespace mmlcore
