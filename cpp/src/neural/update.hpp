// Steps of the optimizers: what a gradient does to a run of parameters. See train.hpp.
#pragma once

#include <cmath>

#include "mmlcore/core/simd.hpp"
#include "mmlcore/neural/train.hpp"

namespace mmlcore::neural {

// What is the same for all parameters of a batch.
template <class T>
struct Step {
  Optimizer optimizer;
  T rate, momentum, beta1, beta2, epsilon, l2;
  bool nesterov;

  Step(const Training& t, double rate_now, std::int64_t number)
      : optimizer(t.optimizer),
        rate(static_cast<T>(rate_now)),
        momentum(static_cast<T>(t.momentum)),
        beta1(static_cast<T>(t.beta1)),
        beta2(static_cast<T>(t.beta2)),
        epsilon(static_cast<T>(t.epsilon)),
        l2(static_cast<T>(t.l2)),
        nesterov(t.nesterov) {
    if (optimizer != Optimizer::adam) return;
    const double n = static_cast<double>(number);
    rate = static_cast<T>(rate_now * std::sqrt(1 - std::pow(t.beta2, n)) / (1 - std::pow(t.beta1, n)));
  }

  // Parameters at ... at + count - 1; `decays`: weights, to whose gradient l2 w is added.
  void operator()(const OptimizerState<T>& state, index_t at, const T* gradient, index_t count, bool decays) const {
    T* const w = state.parameters + at;
    const T decay = decays ? l2 : T{0};
    if (optimizer == Optimizer::sgd) {
      for (index_t i = 0; i < count; ++i) w[i] -= rate * (gradient[i] + decay * w[i]);
      return;
    }
    T* const m = state.first + at;
    if (optimizer == Optimizer::momentum) {
      for (index_t i = 0; i < count; ++i) {
        const T step = rate * (gradient[i] + decay * w[i]);
        m[i] = momentum * m[i] - step;
        w[i] += nesterov ? momentum * m[i] - step : m[i];
      }
      return;
    }
    T* const v = state.second + at;
    using S = Simd<T>;
    const auto move = [&](auto& x, auto& mean, auto& square, auto g) {
      g += decay * x;
      mean = beta1 * mean + (1 - beta1) * g;
      square = beta2 * square + (1 - beta2) * g * g;
    };
    index_t i = 0;
    for (; i + S::width <= count; i += S::width) {
      auto x = S::load(w + i), mean = S::load(m + i), square = S::load(v + i);
      move(x, mean, square, S::load(gradient + i));
      S::store(m + i, mean);
      S::store(v + i, square);
      S::store(w + i, x - rate * mean / (S::sqrt(square) + epsilon));
    }
    for (; i < count; ++i) {
      move(w[i], m[i], v[i], gradient[i]);
      w[i] -= rate * m[i] / (std::sqrt(v[i]) + epsilon);
    }
  }
};

}  // namespace mmlcore::neural
