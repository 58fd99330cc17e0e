// One block of points through the network and back: activations, costs, and the deltas of all layers.
#pragma once

#include "batch.hpp"
#include "mmlcore/core/elementary.hpp"
#include "mmlcore/core/wide.hpp"
#include "tile_product.hpp"

namespace mmlcore::neural {
namespace detail {

template <class T>
using Vec = typename Simd<T>::Vec;

#define MMLCORE_WIDE(name)                                         \
  template <class T>                                               \
  inline Vec<T> name##_of(Vec<T> x) {                              \
    return wide<T>([](auto v) { return elementary::name(v); }, x); \
  }
MMLCORE_WIDE(tanh)
MMLCORE_WIDE(expit)
MMLCORE_WIDE(exp)
MMLCORE_WIDE(log)
MMLCORE_WIDE(log1p)
#undef MMLCORE_WIDE

template <class T>
Vec<T> larger(Vec<T> a, Vec<T> b) {  // NaN of a stays
  return a < b ? b : a;
}

// a = f(z + b), row by row.
template <class T, class F>
void apply(T* z, const T* bias, index_t n, index_t vecs, F&& f) {
  using S = Simd<T>;
  for (index_t k = 0; k < n; ++k) {
    const Vec<T> b = S::splat(bias[k]);
    for (index_t v = 0; v < vecs; ++v) {
      T* at = z + k * kPoints + v * S::width;
      S::store(at, f(S::load(at) + b));
    }
  }
}

template <class T, class F>
void each(T* a, index_t n, index_t vecs, F&& f) {
  using S = Simd<T>;
  for (index_t k = 0; k < n; ++k) {
    for (index_t v = 0; v < vecs; ++v) S::store(a + k * kPoints + v * S::width, f(S::load(a + k * kPoints + v * S::width)));
  }
}

// f'(z) of a = f(z) times what comes back: d *= f'.
template <class T, class F>
void multiply(T* d, const T* a, index_t n, index_t vecs, F&& slope) {
  using S = Simd<T>;
  for (index_t k = 0; k < n; ++k) {
    for (index_t v = 0; v < vecs; ++v) {
      const index_t at = k * kPoints + v * S::width;
      S::store(d + at, S::load(d + at) * slope(S::load(a + at)));
    }
  }
}

// Logarithms of the softmax of z + b, for each point: z - max - log sum exp(z - max).
template <class T>
void log_softmax(T* z, const T* bias, index_t n, index_t vecs) {
  using S = Simd<T>;
  for (index_t v = 0; v < vecs; ++v) {
    T* const at = z + v * S::width;
    Vec<T> top = S::load(at) + S::splat(bias[0]);
    for (index_t k = 0; k < n; ++k) {
      const Vec<T> value = S::load(at + k * kPoints) + S::splat(bias[k]);
      S::store(at + k * kPoints, value);
      top = larger<T>(top, value);
    }
    Vec<T> sum{};
    for (index_t k = 0; k < n; ++k) sum += exp_of<T>(S::load(at + k * kPoints) - top);
    const Vec<T> whole = top + log_of<T>(sum);
    for (index_t k = 0; k < n; ++k) S::store(at + k * kPoints, S::load(at + k * kPoints) - whole);
  }
}

}  // namespace detail

// z of the first layer without its biases, from the inputs begin ... end - 1 alone.
template <class T>
void first_products(const Network& net, const T* parameters, const Batch<T>& batch, index_t block, index_t begin,
                    index_t end, T* z) {
  const Strided<T> weights{parameters + begin, net.inputs(), 1};
  const T* from = batch.columns(0, block) + begin * kPoints;
  product<T>(net.sizes[1], batch.vecs(block), end - begin, weights, from, kPoints, z, kPoints, false);
}

// Activations of all layers of a block, of whose first layer the products are there. Where `logs`, the last layer's z
// (sigmoid) or logarithms of a (softmax) are left in its deltas.
template <class T>
void forward(const Network& net, const T* parameters, Batch<T>& batch, index_t block, bool logs) {
  using namespace detail;
  const index_t vecs = batch.vecs(block);
  for (index_t l = 1; l <= net.layers(); ++l) {
    const index_t n = net.sizes[l], before = net.sizes[l - 1];
    const T *w = parameters + net.weights_at(l), *b = parameters + net.biases_at(l);
    T* const a = batch.columns(l, block);
    if (l > 1) product<T>(n, vecs, before, {w, before, 1}, batch.columns(l - 1, block), kPoints, a, kPoints, false);
    const auto keep = [&] {
      if (logs && l == net.layers()) std::copy(a, a + n * kPoints, batch.delta(l, block));
    };
    switch (net.activation(l)) {
      case Activation::identity:
        apply<T>(a, b, n, vecs, [](Vec<T> z) { return z; });
        break;
      case Activation::tanh:
        apply<T>(a, b, n, vecs, [](Vec<T> z) { return tanh_of<T>(z); });
        break;
      case Activation::relu:
        apply<T>(a, b, n, vecs, [](Vec<T> z) { return z < 0 ? Vec<T>{} : z; });  // NaN stays
        break;
      case Activation::sigmoid:
        apply<T>(a, b, n, vecs, [](Vec<T> z) { return z; });
        keep();
        each<T>(a, n, vecs, [](Vec<T> z) { return expit_of<T>(z); });
        break;
      case Activation::softmax:
        log_softmax<T>(a, b, n, vecs);
        keep();
        each<T>(a, n, vecs, [](Vec<T> log) { return exp_of<T>(log); });
        break;
    }
  }
}

// What is wanted of the points of a block, and the part of the mean that each has; both 0 behind the last point.
template <class T>
struct Targets {
  Buffer<T> y;  // outputs x 64
  T share[kPoints] = {};

  Targets(const Examples<T>& examples, const index_t* order, index_t first, index_t count, double total)
      : y(examples.y.cols * kPoints) {
    std::fill(y.begin(), y.end(), T{0});
    for (index_t p = 0; p < count; ++p) {
      const index_t i = order ? order[first + p] : first + p;
      share[p] = static_cast<T>((examples.weights ? examples.weights[i] : 1.0) / total);
      for (index_t k = 0; k < examples.y.cols; ++k) y[k * kPoints + p] = examples.y(i, k);
    }
  }
};

// The block's part of the cost, after `forward` with logs; d = dC/dz of the last layer.
template <class T>
double cost(const Network& net, const T* a, const Targets<T>& targets, index_t points, T* d) {
  using namespace detail;
  const index_t n = net.outputs();
  double sum = 0;
  for (index_t p = 0; p < points; ++p) {
    const T share = targets.share[p];
    T of_point = 0, total = 0;
    for (index_t k = 0; k < n; ++k) {
      const index_t at = k * kPoints + p;
      const T y = targets.y[at], e = a[at] - y;
      if (net.loss == Loss::squared) {
        of_point += e * e;
        d[at] = 2 * share * e;
        total += d[at] * a[at];
      } else if (net.output == Activation::softmax) {
        of_point -= y != 0 ? y * d[at] : T{0} * d[at];
        total += y;
      } else {
        const T z = d[at];
        of_point += std::max(z, T{0}) - y * z + std::log1p(std::exp(-std::abs(z)));
        d[at] = share * e;
      }
    }
    sum += static_cast<double>(share) * static_cast<double>(of_point);
    if (net.output != Activation::softmax) continue;
    for (index_t k = 0; k < n; ++k) {
      const index_t at = k * kPoints + p;
      d[at] = net.loss == Loss::squared ? a[at] * (d[at] - total) : share * (a[at] * total - targets.y[at]);
    }
  }
  return sum;
}

template <class T>
void multiply_by_slope(Activation f, T* d, const T* a, index_t n, index_t vecs) {
  using namespace detail;
  switch (f) {
    case Activation::tanh:
      return multiply<T>(d, a, n, vecs, [](Vec<T> x) { return 1 - x * x; });
    case Activation::sigmoid:
      return multiply<T>(d, a, n, vecs, [](Vec<T> x) { return x * (1 - x); });
    case Activation::relu:
      return multiply<T>(d, a, n, vecs, [](Vec<T> x) { return x > 0 ? Vec<T>{} + 1 : Vec<T>{}; });
    default:
      return;  // of identity 1; that of softmax is in the cost
  }
}

// Costs and deltas of a block, after `forward` with logs.
template <class T>
double backward(const Network& net, const T* parameters, Batch<T>& batch, index_t block, const Targets<T>& targets) {
  const index_t vecs = batch.vecs(block), last = net.layers(), points = vecs * Batch<T>::W;
  const double found = cost<T>(net, batch.columns(last, block), targets, points, batch.delta(last, block));
  if (net.loss == Loss::squared) {
    multiply_by_slope<T>(net.output, batch.delta(last, block), batch.columns(last, block), net.outputs(), vecs);
  }
  for (index_t l = last; l > 1; --l) {
    const index_t n = net.sizes[l], before = net.sizes[l - 1];
    T* const d = batch.delta(l - 1, block);
    const Strided<T> turned{parameters + net.weights_at(l), 1, before};
    product<T>(before, vecs, n, turned, batch.delta(l, block), kPoints, d, kPoints, false);
    multiply_by_slope<T>(net.hidden, d, batch.columns(l - 1, block), before, vecs);
    batch.keep_rows(l - 1, block);
  }
  return found;
}

}  // namespace mmlcore::neural
