// Inner products of centred points, for data with more dimensions than points.
//
// With X (n x d) and its mean m, the matrix K = (X - 1 m')(X - 1 m')' (n x n) has the eigenvalues of the scatter matrix (d x
// d), and (X - 1 m')' u / sqrt(lambda) is the principal component that belongs to its eigenvector u (Bishop, "Pattern
// recognition and machine learning", 2006, section 12.1.4). K is the sum over the features of the outer products of their
// centred values: so the data are read feature by feature, a block of features at a time, each minus its mean over the
// points on the way into the cache, and the pass goes on as that of the covariance does (same flush to double, same bits for
// every number of threads).
//
// Cost: d n^2 flops, one pass over the data, scratch 8 n^2 bytes and some blocks.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// mean (d,), low (d,), what rounding took from it, and inner (n, n), symmetric. A feature that holds NaN or infinity leaves
// NaN in its mean.
template <class T>
void dual_scatter(MatrixView<const T> x, double* mean, double* low, double* inner);

extern template void dual_scatter<float>(MatrixView<const float>, double*, double*, double*);
extern template void dual_scatter<double>(MatrixView<const double>, double*, double*, double*);

}  // namespace mmlcore
