// A matrix times a vector, y = A x; x'A is A'x. Each number of A is used once, so memory sets the pace as soon as A leaves
// the caches, and below that the loads do: nothing may be loaded twice but x and y, which stay in the first-level cache.
//
//   A in rows      y_i = sum_j a_ij x_j: as many rows at a time as a vector has lanes, a vector of sums for each. In the end
//                  the sums are transposed in registers, so that one addition tree gives the y of all these rows.
//   A in columns   y += a_j x_j: eight columns at a time, so that y is loaded and stored once for eight of them.
//   other strides  number by number, or row by row through a copy where rows are long.
//
// Rows that are no multiple of a vector end with a part of one, and fewer rows than lanes go in a group of their own, of a
// half, a quarter, ... as many.
//
// The operands of the products in matrices/product*.hpp are packed or held in tiles for numbers that are used many times; a
// vector gives them nothing to use again: they took 2.5 to 7 times as long at 100 x 100 to 4000 x 1000.
//
// Sums run in T over blocks of kVectorBlock, which are added in float64. Large matrices are shared out by ranges that depend
// on the shape alone: the same bits for any number of threads. Cost: 2 m n flops, one reading of A.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

template <Real T>
void matrix_vector(MatrixView<const T> a, VectorView<const T> x, VectorView<T> y);

// The items from `begin` to `end` of stacks, on this thread: x and y are columns.
template <Real T>
void matrix_vector_items(const MatrixBatch<const T>& a, const MatrixBatch<const T>& x, const MatrixBatch<T>& y,
                         index_t begin, index_t end);

extern template void matrix_vector<float>(MatrixView<const float>, VectorView<const float>, VectorView<float>);
extern template void matrix_vector<double>(MatrixView<const double>, VectorView<const double>, VectorView<double>);
extern template void matrix_vector_items<float>(const MatrixBatch<const float>&, const MatrixBatch<const float>&,
                                                const MatrixBatch<float>&, index_t, index_t);
extern template void matrix_vector_items<double>(const MatrixBatch<const double>&, const MatrixBatch<const double>&,
                                                 const MatrixBatch<double>&, index_t, index_t);

// Whether C = A B is one matrix times one vector, and if so, computes it.
template <Real T>
bool product_of_vector(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& c) {
  if (c.cols == 1) {
    matrix_vector<T>(a, b.col(0), c.col(0));
  } else if (c.rows == 1) {
    matrix_vector<T>(b.transposed(), a.row(0), c.row(0));
  } else {
    return false;
  }
  return true;
}

// Whether A lies in columns, leaves the caches, and goes on few vectors: then it is read anew for each of them. Blocks of
// few rows would step from page to page: 2000 x 1000 float64 on 2 and 8 vectors 3.1 and 4.4 ms, vector by vector 0.7
// and 2.9.
template <Real T>
bool goes_on_few_vectors(const MatrixView<const T>& a, index_t vectors) {
  constexpr index_t most = sizeof(T) == 8 ? 8 : 3;
  return vectors >= 2 && vectors <= most && a.row_stride == 1 && a.col_stride != 1 && a.cols > 512 &&
         a.rows * a.cols * index_t{sizeof(T)} >= index_t{6} << 20;
}

// Whether C = A B is one matrix times few vectors, and if so, computes it.
template <Real T>
bool product_of_few_vectors(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& c) {
  if (goes_on_few_vectors(a, c.cols)) {
    for (index_t j = 0; j < c.cols; ++j) matrix_vector<T>(a, b.col(j), c.col(j));
  } else if (sizeof(T) == 8 && goes_on_few_vectors(b.transposed(), c.rows)) {
    for (index_t i = 0; i < c.rows; ++i) matrix_vector<T>(b.transposed(), a.row(i), c.row(i));
  } else {
    return false;
  }
  return true;
}

}  // namespace mmlcore
