// Fully connected networks: what they compute, and how its derivatives follow.
//
// Layer l turns the activations a_(l-1) of the layer before into
//
//   z_l = W_l a_(l-1) + b_l,   a_l = f(z_l),
//
// a_0 = x. With delta_l = dC/dz_l, the chain rule gives (D. E. Rumelhart, G. E. Hinton, R. J. Williams, 1986)
//
//   delta_(l-1) = f'(z_(l-1)) * W_l' delta_l,   dC/dW_l = delta_l a_(l-1)',   dC/db_l = delta_l,
//
// summed over the points: one product of matrices forward, and two of the same size back. The derivatives f' of all
// activations here are functions of a itself: 1 - a^2, a (1 - a), a > 0, 1.
//
// The cost is a mean over the points, with weights w_i if there are any: C = sum w_i c_i / sum w_i, and
//
//   squared:        c = |a - y|^2
//   cross_entropy:  c = - sum y_k log a_k                                (softmax: a_k = exp(z_k) / sum exp(z_j))
//                   c = - sum y_k log a_k + (1 - y_k) log(1 - a_k)       (sigmoid)
//
// In both cross entropies delta = a - y, and the logarithms are computed from z, where nothing overflows or vanishes.
#pragma once

#include <cstdint>
#include <vector>

#include "mmlcore/core/views.hpp"

namespace mmlcore::neural {

enum class Activation : std::int32_t { identity = 0, tanh = 1, sigmoid = 2, relu = 3, softmax = 4 };
enum class Loss : std::int32_t { squared = 0, cross_entropy = 1 };

// Parameters lie in one array: W_1 row by row (outputs x inputs), b_1, W_2, ....
struct Network {
  std::vector<index_t> sizes;  // inputs, units of each layer, outputs
  Activation hidden = Activation::tanh, output = Activation::identity;
  Loss loss = Loss::squared;

  index_t layers() const { return static_cast<index_t>(sizes.size()) - 1; }
  index_t inputs() const { return sizes.front(); }
  index_t outputs() const { return sizes.back(); }
  Activation activation(index_t layer) const { return layer == layers() ? output : hidden; }
  index_t weights_at(index_t layer) const {  // layer = 1 ... layers()
    index_t at = 0;
    for (index_t l = 1; l < layer; ++l) at += sizes[l] * (sizes[l - 1] + 1);
    return at;
  }
  index_t biases_at(index_t layer) const { return weights_at(layer) + sizes[layer] * sizes[layer - 1]; }
  index_t parameters() const { return weights_at(layers() + 1); }
};

// Points and what is wanted of them, one a row; `weights` null: all 1.
template <class T>
struct Examples {
  MatrixView<const T> x, y;
  const double* weights = nullptr;

  index_t count() const { return x.rows; }
};

}  // namespace mmlcore::neural
