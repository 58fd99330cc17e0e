// Training of networks: mini-batches, and the steps that follow from their gradients.
//
// An epoch goes once over all points, in an order drawn anew from (seed, epoch). Each batch gives a gradient g, and with it
//
//   sgd:       w -= rate g
//   momentum:  v = mu v - rate g,  w += v              (Nesterov: w += mu v - rate g)
//   adam:      m = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g^2,
//              w -= rate sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + epsilon)        (D. P. Kingma, J. Ba, 2015)
//
// where l2 w is added to the gradient of a weight (not of a bias). Training ends after so many epochs, or once the cost has
// not fallen by more than `tol` in `patience` of them: the cost of the examples that were set apart if there are any, and
// then the best parameters are kept.
//
// Points of a batch are columns, 64 to a block, so that activations run over SIMD lanes; blocks are shared out between the
// threads, then the columns of the gradients are, each of which is updated where it was made. Sums have a fixed order: same
// bits for every number of threads. Cost of an epoch: 6 flops for each weight and point (4 in the first layer).
#pragma once

#include <functional>

#include "mmlcore/neural/network.hpp"

namespace mmlcore::neural {

enum class Optimizer : std::int32_t { sgd = 0, momentum = 1, adam = 2 };

struct Training {
  Optimizer optimizer = Optimizer::sgd;
  double momentum = 0.9;
  bool nesterov = false;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double l2 = 0;
  index_t batch = 128;
  bool shuffle = true;
  std::uint64_t seed = 0;
  double tol = 0;
  index_t patience = 0;  // 0: never stop early
};

// What a training goes on from, and leaves behind.
template <class T>
struct OptimizerState {
  T* parameters;
  T* first;   // velocities, or means of the gradients
  T* second;  // means of their squares
  std::int64_t steps;
  index_t epoch;  // epochs before this training: they number the orders
};

enum class End : std::int32_t { epochs = 0, no_progress = 1, diverged = 2, watch = 3 };
using Watch = std::function<bool(index_t)>;

struct Outcome {
  index_t epochs = 0;
  End end = End::epochs;
};

// rates, losses and validation have one number for each of `epochs`. `watch`, if any, is told how many were made, and ends
// the training by true. Where the cost is not finite any more the parameters
// are those before that epoch.
template <class T>
Outcome train(const Network& network, const Examples<T>& examples, const Examples<T>* apart, const Training& training,
              OptimizerState<T>& state, index_t epochs, const double* rates, double* losses, double* validation,
              const Watch& watch);

// The cost, and its gradient in the order of the parameters.
template <class T>
double gradients(const Network& network, const Examples<T>& examples, const T* parameters, T* gradient);

// The last layer's activations, a point a row.
template <class T>
void predict(const Network& network, MatrixView<const T> x, const T* parameters, MatrixView<T> out);

#define MMLCORE_NEURAL(keyword, T)                                                                               \
  keyword template Outcome train<T>(const Network&, const Examples<T>&, const Examples<T>*, const Training&,     \
                                    OptimizerState<T>&, index_t, const double*, double*, double*, const Watch&); \
  keyword template double gradients<T>(const Network&, const Examples<T>&, const T*, T*);                        \
  keyword template void predict<T>(const Network&, MatrixView<const T>, const T*, MatrixView<T>);
MMLCORE_NEURAL(extern, float)
MMLCORE_NEURAL(extern, double)

}  // namespace mmlcore::neural
