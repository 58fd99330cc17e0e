// Nearest points of a subspace. With Q, orthonormal columns in order of those of B (gram_schmidt.hpp), and R = Q'B:
//
//   along = Q'x        point = Q along        coordinates: R c = along        residual = |x - point|
//
// The error of along is some u |x|, which x - point would keep: a second pass adds what Q'(x - point) finds, after which the
// residual is orthogonal to the subspace (W. Gander, G. H. Golub, F. von Matt, 1989; "twice is enough", B. N. Parlett, "The
// symmetric eigenvalue problem", 6.9). A column that depends on earlier ones has a zero column in Q, and the coordinate 0.
//
// Points go through the cache in blocks of rows: X is read once. Cost: 8 d k operations a point.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// x (n, d), b (d, k); results in rows. False where a number of x or b is not finite, or so large, or a column of b so small,
// that products leave the range: the caller scales them, or says what is wrong.
template <class T>
bool project(MatrixView<const T> x, MatrixView<const T> b, MatrixView<T> points, MatrixView<T> coordinates, T* residual);

// The matrices of the projections, Q Q', in rows, for a stack.
template <class T>
bool projection_matrices(const MatrixBatch<const T>& b, const MatrixBatch<T>& to);

extern template bool project<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>, MatrixView<float>,
                                    float*);
extern template bool project<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>,
                                     MatrixView<double>, double*);
extern template bool projection_matrices<float>(const MatrixBatch<const float>&, const MatrixBatch<float>&);
extern template bool projection_matrices<double>(const MatrixBatch<const double>&, const MatrixBatch<double>&);

}  // namespace mmlcore
