// y = A x for a sparse matrix in compressed rows, read in place: what iterations on sparse data spend their time with.
//
// Rows are cut into pieces of equal work (entries, and a few for each row) and shared out between the threads; a row is
// summed in four chains in double, in an order of its own: the same bits for any number of threads. The limit is the reading
// of the entries (12 or 16 bytes each) and of x, which is in the cache if it fits.
#pragma once

#include <cstdint>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

template <class Index, class T, class Start = Index>
struct Csr {
  index_t rows;
  const Start* start;   // (rows + 1)
  const Index* column;  // (entries)
  const T* value;       // (entries); null: all 1
};

template <class Index, class T, class Start>
void sparse_product(const Csr<Index, T, Start>& a, const double* x, double* y);

}  // namespace mmlcore
