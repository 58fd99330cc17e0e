// What train.hpp declares, for one type of numbers.
#pragma once

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include "layers.hpp"
#include "mmlcore/core/interrupt.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/random.hpp"
#include "update.hpp"

namespace mmlcore::neural {
namespace detail {

constexpr index_t kAtOnce = 256;           // points of a batch whose activations are held at the same time
constexpr index_t kSlices = 8;             // of the inputs
constexpr double kWorthThreads = 1 << 17;  // multiplications of a batch

template <class T>
class Pass {
 public:
  Pass(const Network& network, index_t batch)
      : net_(network), at_once_(std::min(batch, kAtOnce)), batch_(net_, at_once_, true), gradient_(padded_size()) {
    const double work = static_cast<double>(net_.parameters()) * static_cast<double>(at_once_);
    threads_ = work > kWorthThreads ? num_threads() : 1;
    slices_ = std::clamp<index_t>(Batch<T>::panels(net_.inputs()) / 3, 1, kSlices);
    parts_ = Buffer<T>((slices_ - 1) * batch_.blocks() * net_.sizes[1] * kPoints);
    for (index_t l = 1; l <= net_.layers(); ++l) {
      for (index_t k = 0; k < Batch<T>::panels(net_.sizes[l - 1]); ++k) tiles_.push_back({l, k});
    }
  }

  // Goes through `count` points from `first` of an order; done(layer, row, col, gradient, columns) gets each part of the
  // gradient once it is whole, at weights (row, col) ..., or with row = -1 those of the biases. Returns the cost.
  template <class Done>
  double operator()(const Examples<T>& examples, const T* parameters, const index_t* order, index_t first, index_t count,
                    Done&& done) {
    double total = static_cast<double>(count), sum = 0;
    if (examples.weights) {
      total = 0;
      for (index_t p = 0; p < count; ++p) total += examples.weights[order ? order[first + p] : first + p];
      if (!(total > 0)) total = 1;  // no point of this batch counts
    }
    for (index_t from = 0; from < count; from += at_once_) {
      const index_t some = std::min(at_once_, count - from), blocks = (some + kPoints - 1) / kPoints;
      // All points in their order, at once: they lie where the last pass left them.
      const bool fresh = order || some < examples.count() || held_ != examples.x.data;
      held_ = order || some < examples.count() ? nullptr : examples.x.data;
      for (index_t b = 0; b < blocks; ++b) batch_.start(b, std::min(kPoints, some - b * kPoints));
      over_slices([&](index_t s) { read_slice(examples.x, parameters, order, first + from, blocks, s, fresh); });
      parallel_tasks(blocks, threads_, [&](index_t b) {
        add_slices(b);
        const Targets<T> targets(examples, order, first + from + b * kPoints, batch_.used(b), total);
        forward<T>(net_, parameters, batch_, b, true);
        batch_.losses[b] = backward<T>(net_, parameters, batch_, b, targets);
      });
      for (index_t b = 0; b < blocks; ++b) sum += batch_.losses[b];
      const bool last = from + some == count;
      over_slices([&](index_t s) {
        for (const Tile& tile : tiles_) {
          if (slice_of(tile) != s) continue;
          add_tile(tile, blocks, from > 0);
          if (last) hand_over(tile, done);
        }
      });
    }
    return sum;
  }

 private:
  static constexpr index_t W = Batch<T>::W;
  static constexpr index_t kPanel = Batch<T>::kPanel;
  // A panel of the gradient of a layer's weights; the first has the biases too.
  struct Tile {
    index_t layer, panel;
  };
  static index_t stride_of(index_t inputs) { return Batch<T>::panels(inputs) * kPanel; }

  // The inputs are cut into slices of whole panels. Who reads a slice of the points is also who keeps that part of the first
  // layer's weights: between the threads go the layer's z and deltas alone, which are small.
  index_t first_panel(index_t slice) const { return Batch<T>::panels(net_.inputs()) * slice / slices_; }
  index_t slice_of(const Tile& tile) const {
    if (tile.layer > 1) return slices_ - 1;
    index_t s = 0;
    while (first_panel(s + 1) <= tile.panel) ++s;
    return s;
  }
  T* part(index_t slice, index_t block) const {  // of the first layer's z
    return slice == 0 ? batch_.columns(1, block)
                      : parts_.data() + ((slice - 1) * batch_.blocks() + block) * net_.sizes[1] * kPoints;
  }

  // Runs f over the slices, neighbours on the same thread.
  template <class F>
  void over_slices(F&& f) {
    const index_t tasks = std::min<index_t>(threads_, slices_);
    parallel_tasks(tasks, threads_, [&](index_t t) {
      for (index_t s = slices_ * t / tasks; s < slices_ * (t + 1) / tasks; ++s) f(s);
    });
  }

  void read_slice(MatrixView<const T> x, const T* parameters, const index_t* order, index_t first, index_t blocks,
                  index_t slice, bool fresh) {
    const index_t begin = first_panel(slice), end = first_panel(slice + 1);
    for (index_t b = 0; b < blocks; ++b) {
      if (fresh) batch_.gather(b, x, order, first + b * kPoints, begin, end);
      first_products<T>(net_, parameters, batch_, b, begin * kPanel, std::min(end * kPanel, net_.inputs()), part(slice, b));
    }
  }

  void add_slices(index_t block) {
    T* const z = batch_.columns(1, block);
    for (index_t s = 1; s < slices_; ++s) {
      const T* more = part(s, block);
      for (index_t k = 0; k < net_.sizes[1]; ++k) {
        for (index_t p = 0; p < batch_.vecs(block) * W; ++p) z[k * kPoints + p] += more[k * kPoints + p];
      }
    }
  }

  index_t padded_size() const {
    index_t size = 0;
    for (index_t l = 1; l <= net_.layers(); ++l) size += net_.sizes[l] * (stride_of(net_.sizes[l - 1]) + 1);
    return size;
  }
  T* weights_of(index_t layer) const {
    index_t at = 0;
    for (index_t l = 1; l < layer; ++l) at += net_.sizes[l] * (stride_of(net_.sizes[l - 1]) + 1);
    return gradient_.data() + at;
  }

  void add_tile(const Tile& tile, index_t blocks, bool add) {
    const index_t n = net_.sizes[tile.layer], before = net_.sizes[tile.layer - 1], stride = stride_of(before);
    const index_t col = tile.panel * kPanel, vecs = (std::min(kPanel, before - col) + W - 1) / W;
    T* const to = weights_of(tile.layer);
    for (index_t b = 0; b < blocks; ++b) {
      const T* d = batch_.delta(tile.layer, b);
      const index_t points = batch_.used(b);
      product<T>(n, vecs, points, {d, kPoints, 1}, batch_.panel(tile.layer - 1, b, tile.panel), kPanel, to + col, stride,
                 add || b > 0);
      if (tile.panel > 0) continue;
      T* const biases = to + n * stride;
      for (index_t k = 0; k < n; ++k) {
        typename Simd<T>::Vec sums{};  // deltas behind the last point are 0
        for (index_t p = 0; p < points; p += W) sums += Simd<T>::load(d + k * kPoints + p);
        const T sum = Simd<T>::sum(sums);
        biases[k] = add || b > 0 ? biases[k] + sum : sum;
      }
    }
  }

  template <class Done>
  void hand_over(const Tile& tile, Done&& done) {
    const index_t n = net_.sizes[tile.layer], before = net_.sizes[tile.layer - 1], stride = stride_of(before);
    const index_t col = tile.panel * kPanel, cols = std::min(kPanel, before - col);
    const T* from = weights_of(tile.layer);
    for (index_t r = 0; r < n; ++r)
      done(net_.weights_at(tile.layer) + r * before + col, from + r * stride + col, cols, true);
    if (tile.panel == 0) done(net_.biases_at(tile.layer), from + n * stride, n, false);
  }

  const Network& net_;
  index_t at_once_;
  Batch<T> batch_;
  Buffer<T> gradient_;  // of each layer: weights in padded rows, biases
  Buffer<T> parts_;     // the first layer's z by each slice but the first
  std::vector<Tile> tiles_;
  index_t slices_ = 1;
  int threads_ = 1;
  const T* held_ = nullptr;  // whose points the batch still holds
};

// The numbers 0 ... n - 1 in an order drawn from (seed, epoch): R. A. Fisher and F. Yates.
inline void draw_order(std::vector<index_t>& order, std::uint64_t seed, index_t epoch) {
  std::iota(order.begin(), order.end(), index_t{0});
  const Philox random(seed, static_cast<std::uint64_t>(epoch));
  Philox::Words words{};
  for (index_t i = static_cast<index_t>(order.size()) - 1, drawn = 0; i > 0; --i, ++drawn) {
    if (drawn % 2 == 0) words = random.block(static_cast<std::uint64_t>(drawn / 2));
    const std::uint64_t bits = std::uint64_t{words[drawn % 2 * 2 + 1]} << 32 | words[drawn % 2 * 2];
    const auto j = static_cast<index_t>(static_cast<unsigned __int128>(bits) * static_cast<std::uint64_t>(i + 1) >> 64);
    std::swap(order[i], order[j]);
  }
}

// Points first ... of x gathered as block 0, and the products of the first layer.
template <class T>
void first_layer(const Network& net, const T* parameters, Batch<T>& batch, MatrixView<const T> x, index_t first,
                 index_t count) {
  batch.start(0, count);
  batch.gather(0, x, nullptr, first, 0, Batch<T>::panels(net.inputs()));
  first_products<T>(net, parameters, batch, 0, 0, net.inputs(), batch.columns(1, 0));
}

// Runs f(block, first, count) over blocks of points, each with a batch of its thread.
template <class T, class F>
void over_blocks(const Network& net, index_t points, F&& f) {
  parallel_ranges((points + kPoints - 1) / kPoints, 4, [&](index_t begin, index_t end) {
    Batch<T> batch(net, kPoints, true);
    for (index_t b = begin; b < end; ++b) f(batch, b, b * kPoints, std::min(kPoints, points - b * kPoints));
  });
}

// The cost alone.
template <class T>
double cost_of(const Network& net, const Examples<T>& examples, const T* parameters) {
  const index_t n = examples.count();
  double total = static_cast<double>(n);
  if (examples.weights) total = std::accumulate(examples.weights, examples.weights + n, 0.0);
  std::vector<double> parts((n + kPoints - 1) / kPoints);
  over_blocks<T>(net, n, [&](Batch<T>& batch, index_t b, index_t first, index_t count) {
    first_layer<T>(net, parameters, batch, examples.x, first, count);
    forward<T>(net, parameters, batch, 0, true);
    const Targets<T> targets(examples, nullptr, first, count, total);
    parts[b] = cost<T>(net, batch.columns(net.layers(), 0), targets, count, batch.delta(net.layers(), 0));
  });
  return std::accumulate(parts.begin(), parts.end(), 0.0);
}

}  // namespace detail

template <class T>
Outcome train(const Network& network, const Examples<T>& examples, const Examples<T>* apart, const Training& training,
              OptimizerState<T>& state, index_t epochs, const double* rates, double* losses, double* validation,
              const Watch& watch) {
  const index_t n = examples.count(), size = network.parameters(), batch = std::min(training.batch, n);
  detail::Pass<T> pass(network, batch);
  std::vector<index_t> order(training.shuffle ? n : 0);
  std::vector<T> before(size), best(apart ? size : 0);
  double least = std::numeric_limits<double>::infinity();
  index_t idle = 0;
  Outcome outcome;
  const auto keep_best = [&](End end) {
    if (!best.empty() && std::isfinite(least)) std::copy(best.begin(), best.end(), state.parameters);
    outcome.end = end;
    return outcome;
  };
  while (outcome.epochs < epochs) {
    std::copy(state.parameters, state.parameters + size, before.begin());
    if (training.shuffle) detail::draw_order(order, training.seed, state.epoch);
    double sum = 0;
    for (index_t first = 0; first < n; first += batch) {
      poll_interrupt();
      const index_t count = std::min(batch, n - first);
      const Step<T> step(training, rates[outcome.epochs], ++state.steps);
      const double found =
          pass(examples, state.parameters, training.shuffle ? order.data() : nullptr, first, count,
               [&](index_t at, const T* gradient, index_t run, bool weights) { step(state, at, gradient, run, weights); });
      sum += found * static_cast<double>(count);
    }
    const double loss = sum / static_cast<double>(n);
    double watched = loss;
    losses[outcome.epochs] = loss;
    if (apart) watched = validation[outcome.epochs] = detail::cost_of<T>(network, *apart, state.parameters);
    if (!std::isfinite(loss) || !std::isfinite(watched)) {
      std::copy(before.begin(), before.end(), state.parameters);
      outcome.end = End::diverged;
      return outcome;
    }
    ++outcome.epochs;
    ++state.epoch;
    idle = watched > least - training.tol ? idle + 1 : 0;
    if (watched < least) {
      least = watched;
      if (apart) std::copy(state.parameters, state.parameters + size, best.begin());
    }
    if (watch && watch(outcome.epochs)) return keep_best(End::watch);
    if (training.patience > 0 && idle >= training.patience) return keep_best(End::no_progress);
  }
  return keep_best(End::epochs);
}

template <class T>
double gradients(const Network& network, const Examples<T>& examples, const T* parameters, T* gradient) {
  detail::Pass<T> pass(network, examples.count());
  return pass(examples, parameters, nullptr, 0, examples.count(),
              [&](index_t at, const T* part, index_t run, bool) { std::copy(part, part + run, gradient + at); });
}

template <class T>
void predict(const Network& network, MatrixView<const T> x, const T* parameters, MatrixView<T> out) {
  detail::over_blocks<T>(network, x.rows, [&](Batch<T>& batch, index_t, index_t first, index_t count) {
    detail::first_layer<T>(network, parameters, batch, x, first, count);
    forward<T>(network, parameters, batch, 0, false);
    const T* a = batch.columns(network.layers(), 0);
    for (index_t p = 0; p < count; ++p) {
      for (index_t k = 0; k < out.cols; ++k) out(first + p, k) = a[k * kPoints + p];
    }
  });
}

}  // namespace mmlcore::neural
