// The bidiagonal form of a complex matrix A of m >= n rows, real and imaginary parts apart in rows of their own
// (eigen/split_rows.hpp).
//
// Column k from the last one up is mapped by a reflection H_k = I - tau u u* on a multiple of the unit vector of row
// m - n + k, then that row by G_k = I - sigma v v* on one of the unit vector before the diagonal (G. H. Golub, W. Kahan,
// SIAM J. Numer. Anal. 2, 1965, from the other end):
//
//   A = H_{n-1} ... H_0 [0; C] G_1 ... G_{n-1},  C = diag(phi) B diag(psi)*,
//
// C with d_k on its diagonal and f_k before it in row k + 1, B with their sizes, phi and psi of numbers of size 1:
// psi_{n-1} = 1, phi_k = d_k / |d_k| psi_k, psi_k-1 = conj(f_k-1 / |f_k-1|) phi_k.
//
// With y = A* u and x = A v - tau u (y* v), both reflections are the update A - u (tau y)* - (sigma x) v*. It waits for the
// pass that multiplies with the next u, so that a step reads the matrix twice and writes it once, where two reflections one
// by one read it four times: half the time from 30 columns on. Cost 32/3 n^3 flops if m = n.
#pragma once

#include <complex>

#include "mmlcore/eigen/reduction.hpp"

namespace mmlcore {

// What complex_bidiagonal leaves: rows 2 k and 2 k + 1 of u the vectors of H_k, of m - n + 1 + k numbers, and zeros behind
// them, up to a whole vector at least; rows 2 k and 2 k + 1 of v those of G_k, of k numbers, likewise; their tau and sigma;
// B: diagonal[k], and before[k] in front of diagonal[k + 1].
template <class T>
struct ComplexBidiagonal {
  PaddedRows<T> u, v;
  T *tau, *sigma, *diagonal, *before;
  std::complex<T>*phi, *psi;
};

// How many numbers of scratch it needs.
template <class T>
index_t complex_bidiagonal_scratch(index_t m, index_t n);

// `a`: m pairs of rows, zeros behind the n-th up to a whole vector, which are spoilt; entries near 1 at most.
template <class T>
void complex_bidiagonal(index_t m, index_t n, PaddedRows<T> a, const ComplexBidiagonal<T>& to, T* scratch);

extern template index_t complex_bidiagonal_scratch<float>(index_t, index_t);
extern template index_t complex_bidiagonal_scratch<double>(index_t, index_t);
extern template void complex_bidiagonal<float>(index_t, index_t, PaddedRows<float>, const ComplexBidiagonal<float>&, float*);
extern template void complex_bidiagonal<double>(index_t, index_t, PaddedRows<double>, const ComplexBidiagonal<double>&,
                                                double*);

}  // namespace mmlcore
