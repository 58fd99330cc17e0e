// (X - mean) W for tall X and few columns of W: the scores of principal components.
//
// The general product packs both operands. Here W is small enough to be packed once for all threads and to stay in the
// second-level cache, and a few rows of X, centred on their way into the cache, are read in place: X is read once, and the
// vectors run along the columns of W, so no element of X is moved again. Subtracting the mean first, rather than mean W at
// the end, keeps the digits of data that lie far from the origin.
//
// Cost: 2 m d k flops, one pass over X; scratch d k elements and kScoreRows d for each thread.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kScoreRows = 32;

// out (m x k) = (x - mean - low) w, any strides; `low` is what rounding took from the mean, or null. False if an element of
// x is NaN or infinite. Without a mean (null) each row is centred by its own, and x has to be finite: the
// components of wide data, whose rows are features (dual_scatter.hpp).
template <class T>
bool centred_product(MatrixView<const T> x, const T* mean, const T* low, MatrixView<const T> w, MatrixView<T> out);

extern template bool centred_product<float>(MatrixView<const float>, const float*, const float*, MatrixView<const float>,
                                            MatrixView<float>);
extern template bool centred_product<double>(MatrixView<const double>, const double*, const double*,
                                             MatrixView<const double>, MatrixView<double>);

}  // namespace mmlcore
