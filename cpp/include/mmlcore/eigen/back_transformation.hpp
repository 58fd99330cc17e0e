// From the eigenvectors of the tridiagonal form to those of the matrix: Z := H_{n-1} ... H_1 Z, the reflections of
// reduction.hpp.
//
// Reflections in blocks: H_last ... H_first = I - V' T V, the rows of V their vectors, T lower triangular with tau on its
// diagonal, and row i of T that of -tau_i (v_i V') T (C. Bischof, C. Van Loan, "The WY representation for products of
// Householder matrices", SISSC 8, 1987). A block is two products of matrices, V Z and Z - V' (T V Z). A strip of columns as
// wide as a register tile goes through all blocks before the next one: it stays in the first cache, and strips are
// independent of each other.
//
// Of a Hermitian matrix (hermitian_reduction.hpp) the same, in real products: with the parts of v_k as rows 2 k and 2 k + 1
// of a real matrix, that matrix times [Re Z, Im Z] holds all parts of V* Z, and its transpose times rows (Re t, Im t) and
// (-Im t, Re t) is V t. Vectors of real and of imaginary parts of Z alternate, so that a strip is contiguous.
#pragma once

#include "mmlcore/eigen/reduction.hpp"

namespace mmlcore {

// Z := H_{end-1} ... H_begin Z, where the vector of H_k has k numbers and lies in row k - begin of v, tau[k - begin] with
// it. z: rows of `columns` numbers, rounded up to whole vectors. Cost 2 (end^2 - begin^2) columns flops.
template <class T>
void back_transform(index_t begin, index_t end, PaddedRows<const T> v, const T* tau, PaddedRows<T> z, index_t columns);

// Z := H_{end-1} ... H_begin Z, where the vector of H_k has k numbers and lies in rows 2 (k - begin) and 2 (k - begin) + 1
// of v, tau[k - begin] with it. Row i of z: W real parts of numbers, W imaginary ones, W real ones, ..., for `columns`
// complex numbers. Cost 8 (end - begin) end columns for begin = 1.
template <class T>
void back_transform_hermitian(index_t begin, index_t end, PaddedRows<const T> v, const T* tau, PaddedRows<T> z,
                              index_t columns);

extern template void back_transform<float>(index_t, index_t, PaddedRows<const float>, const float*, PaddedRows<float>,
                                           index_t);
extern template void back_transform<double>(index_t, index_t, PaddedRows<const double>, const double*, PaddedRows<double>,
                                            index_t);
extern template void back_transform_hermitian<float>(index_t, index_t, PaddedRows<const float>, const float*,
                                                     PaddedRows<float>, index_t);
extern template void back_transform_hermitian<double>(index_t, index_t, PaddedRows<const double>, const double*,
                                                      PaddedRows<double>, index_t);

}  // namespace mmlcore
