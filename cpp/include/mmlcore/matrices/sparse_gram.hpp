// y = B'B v for a sparse matrix minus one of rank 1, B = A - l r': centred data that are not made dense.
//
// With u = A v - l <r, v>, that is y = A'u - r <l, u>. Both products are made in one pass over the rows, u_i = <a_i, v> -
// l_i <r, v> and y += u_i a_i, so entries are read once, no transpose is built, and what is read and written at random is as
// long as a row of A. Rows are cut into pieces of equal work, which do not depend on the number of threads; each has a sum
// of its own, and these are added in order: the same bits for any number of threads.
//
// Cost: 4 flops an entry, scratch of up to kGramPieces vectors of the length of y.
#pragma once

#include "mmlcore/matrices/sparse_product.hpp"

namespace mmlcore {

inline constexpr index_t kGramPieces = 16;

// left (a.rows,), right, v and y (columns,).
template <class Index, class T>
void sparse_gram(const Csr<Index, T>& a, const double* left, VectorView<const double> right, const double* v, double* y);

}  // namespace mmlcore
