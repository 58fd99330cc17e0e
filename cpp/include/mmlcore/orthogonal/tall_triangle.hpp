// R of A = Q R alone, for tall matrices of which nothing but R is wanted: singular values, ranks, condition numbers.
//
// Blocks of rows that fit the second-level cache are reflected one by one (blocked_qr.hpp), each to a triangle; the
// triangles on top of each other are reflected once more (TSQR: J. Demmel, L. Grigori, M. Hoemmen, J. Langou, SIAM J. Sci.
// Comput. 34, 2012). Q is never formed. Errors are those of Householder's reflections: some units of each column's length.
//
// Cost: 2 m n^2 flops, one reading of A. Values of 20,000 x 20 take a third of the time they take from all of A.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// a (m x n, n <= m) times 2^-power; its entries should then be near 1. r: n x n, zeros below the diagonal, whose signs are
// left as they come. The result does not depend on the number of threads.
template <class T>
void tall_triangle(MatrixView<const T> a, int power, MatrixView<double> r);

extern template void tall_triangle<float>(MatrixView<const float>, int, MatrixView<double>);
extern template void tall_triangle<double>(MatrixView<const double>, int, MatrixView<double>);

}  // namespace mmlcore
