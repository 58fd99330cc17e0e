// Inner products of many pairs of vectors: out[i] = sum over j of x_i[j] y_i[j].
//
// A vector is a matrix of one row in a stack, so that anything broadcasts. Products are summed by blocks (dot.hpp), also
// those of strided vectors: the error is some u times sum |x_j y_j| at every length. Bounded by memory. Cost: 2 d flops a
// pair.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// x and y: stacks of 1 x d matrices of equal count.
template <class T>
void inner_products(const MatrixBatch<const T>& x, const MatrixBatch<const T>& y, T* out);

}  // namespace mmlcore
