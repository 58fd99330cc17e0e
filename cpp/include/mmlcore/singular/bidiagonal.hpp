// The bidiagonal form of a real matrix A of m >= n rows, with what leads there, by its rows: complex_bidiagonal.hpp without
// the phases,
//
//   A = H_{n-1} ... H_0 [0; C] G_1 ... G_{n-1},
//
// C with d_k on its diagonal and f_k before it in row k + 1. A step reads the matrix twice and writes it once.
// Cost 4 m n^2 - 4/3 n^3 flops.
#pragma once

#include "mmlcore/eigen/reduction.hpp"

namespace mmlcore {

// Row k of u: the vector of H_k, of m - n + 1 + k numbers, and zeros behind them, up to a whole vector at least; of v that
// of G_k, of k numbers; their tau and sigma; C: diagonal[k], and before[k] in front of diagonal[k + 1].
template <class T>
struct Bidiagonal {
  PaddedRows<T> u, v;
  T *tau, *sigma, *diagonal, *before;
};

// How many numbers of scratch it needs.
template <class T>
index_t bidiagonal_scratch(index_t m, index_t n);

// `a`: m rows, zeros behind the n-th up to a whole vector, which are spoilt; entries near 1 at most.
template <class T>
void bidiagonalize(index_t m, index_t n, PaddedRows<T> a, const Bidiagonal<T>& to, T* scratch);

extern template index_t bidiagonal_scratch<float>(index_t, index_t);
extern template index_t bidiagonal_scratch<double>(index_t, index_t);
extern template void bidiagonalize<float>(index_t, index_t, PaddedRows<float>, const Bidiagonal<float>&, float*);
extern template void bidiagonalize<double>(index_t, index_t, PaddedRows<double>, const Bidiagonal<double>&, double*);

}  // namespace mmlcore
