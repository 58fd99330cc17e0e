// The numbers of one batch: activations of all layers in blocks of 64 points, and what flows back through them.
//
// Layer l of block b holds sizes[l] rows of 64 points (columns(l, b)); points behind the last are zero. Layers that a
// gradient multiplies from the right are held a second time, a point a row, padded to whole vectors (rows(l, b)).
#pragma once

#include <algorithm>
#include <vector>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/neural/network.hpp"
#include "tile_product.hpp"

namespace mmlcore::neural {

inline constexpr index_t kPoints = 64;  // of a block

template <class T>
class Batch {
 public:
  using S = Simd<T>;
  static constexpr index_t W = S::width;
  static constexpr index_t kPanel = kVecs * W;
  static index_t panels(index_t n) { return (n + kPanel - 1) / kPanel; }

  // `training`: with what the way back needs.
  Batch(const Network& network, index_t capacity, bool training)
      : net(network), blocks_((capacity + kPoints - 1) / kPoints), losses(blocks_), used_(blocks_) {
    for (index_t l = 0; l <= net.layers(); ++l) {
      columns_.emplace_back(blocks_ * net.sizes[l] * kPoints);
      deltas_.emplace_back(training && l > 0 ? blocks_ * net.sizes[l] * kPoints : 0);
      const bool needed = l == 0 || (training && l < net.layers());
      panels_.emplace_back(needed ? blocks_ * kPoints * panels(net.sizes[l]) * kPanel : 0);
    }
  }

  index_t blocks() const { return blocks_; }
  T* columns(index_t layer, index_t block) const { return columns_[layer].data() + block * net.sizes[layer] * kPoints; }
  T* delta(index_t layer, index_t block) const { return deltas_[layer].data() + block * net.sizes[layer] * kPoints; }
  // Units number * kPanel ... of the block's points.
  T* panel(index_t layer, index_t block, index_t number) const {
    return panels_[layer].data() + (block * panels(net.sizes[layer]) + number) * kPoints * kPanel;
  }
  index_t used(index_t block) const { return used_[block]; }
  index_t vecs(index_t block) const { return (used_[block] + W - 1) / W; }

  void start(index_t block, index_t count) { used_[block] = count; }

  // Points order[first ...] of x (order null: as they lie) into a block that was started; of their inputs the panels `from`
  // to `to`.
  void gather(index_t block, MatrixView<const T> x, const index_t* order, index_t first, index_t from_panel,
              index_t to_panel) {
    const index_t count = used_[block], filled = vecs(block) * W;
    const index_t begin = from_panel * kPanel, end = std::min(to_panel * kPanel, net.inputs());
    for (index_t p = 0; p < filled; ++p) {
      const T* from = p < count ? &x(order ? order[first + p] : first + p, 0) : nullptr;
      if (order && p + 2 < count && x.col_stride == 1) ask_for(&x(order[first + p + 2], begin), end - begin);
      for (index_t j = begin; j < end; j += kPanel) {
        T* const to = panel(0, block, j / kPanel) + p * kPanel;
        const index_t width = from ? std::min(kPanel, end - j) : 0;
        if (from && x.col_stride == 1) {
          std::copy(from + j, from + j + width, to);
        } else {
          for (index_t k = 0; k < width; ++k) to[k] = from[(j + k) * x.col_stride];
        }
        std::fill(to + width, to + kPanel, T{0});
      }
    }
    turn(block, filled, begin, end);
  }

  // A hidden layer's activations once more, a point a row.
  void keep_rows(index_t layer, index_t block) {
    const index_t n = net.sizes[layer];
    const T* from = columns(layer, block);
    for (index_t p = 0; p < vecs(block) * W; p += W) {
      for (index_t j = 0; j < n; j += W) {
        typename S::Vec v[W];
        for (index_t k = 0; k < W; ++k) v[k] = j + k < n ? S::load(from + (j + k) * kPoints + p) : typename S::Vec{};
        transpose<T>(v);
        T* const to = panel(layer, block, j / kPanel) + p * kPanel + j % kPanel;
        for (index_t k = 0; k < W; ++k) S::store(to + k * kPanel, v[k]);
      }
    }
  }

 private:
  // Rows in random order are nothing that the processor could foresee.
  static void ask_for(const T* row, index_t n) {
    for (index_t j = 0; j < n; j += 64 / index_t{sizeof(T)}) __builtin_prefetch(row + j);
  }

  // The gathered points as columns.
  void turn(index_t block, index_t points, index_t begin, index_t end) {
    T* const to = columns(0, block);
    for (index_t j = begin; j < end; j += W) {
      const T* from = panel(0, block, j / kPanel) + j % kPanel;
      const index_t left = std::min(W, end - j);
      for (index_t p = 0; p < points; p += W) {
        typename S::Vec v[W];
#pragma GCC unroll 16
        for (index_t k = 0; k < W; ++k) v[k] = S::load(from + (p + k) * kPanel);
        transpose<T>(v);
        for (index_t k = 0; k < left; ++k) S::store(to + (j + k) * kPoints + p, v[k]);
      }
    }
  }

  const Network& net;
  index_t blocks_;

 public:
  Buffer<double> losses;  // of the blocks

 private:
  std::vector<index_t> used_;
  std::vector<Buffer<T>> columns_, deltas_, panels_;
};

}  // namespace mmlcore::neural
