// Triangular systems with one side, for a number and for a vector of lanes alike: the last step of every elimination.
//
//   forward:  x_i = (b_i - sum_{j<i} l_ij x_j) / l_ii,  i = 0 ... n - 1
//   backward: x_i = (b_i - sum_{j>i} u_ij x_j) / u_ii,  i = n - 1 ... 0
//
// in place of b. Triangles are callables, so that packed, transposed and strided ones are read where they are; `divide(i,
// x)` divides by the diagonal entry. For the small systems of one fit or one solve (n up to some 16); triangular.hpp is for
// large triangles and many sides.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

template <class V, class Lower, class Divide>
inline __attribute__((always_inline)) void substitute_forward(index_t n, Lower&& l, Divide&& divide, VectorView<V> x) {
  for (index_t i = 0; i < n; ++i) {
    V sum = x[i];
    for (index_t j = 0; j < i; ++j) sum -= l(i, j) * x[j];
    x[i] = divide(i, sum);
  }
}

template <class V, class Upper, class Divide>
inline __attribute__((always_inline)) void substitute_backward(index_t n, Upper&& u, Divide&& divide, VectorView<V> x) {
  for (index_t i = n; i-- > 0;) {
    V sum = x[i];
    for (index_t j = i + 1; j < n; ++j) sum -= u(i, j) * x[j];
    x[i] = divide(i, sum);
  }
}

}  // namespace mmlcore
