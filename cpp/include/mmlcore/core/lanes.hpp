// Stacks of small matrices in SIMD lanes: how W matrices become an array of vectors and back.
//
// `load_lanes` fills out[i * cols + j] with element (i, j) of W matrices, one a lane. Contiguous items are moved in squares
// of W x W elements transposed in registers; the last square overlaps the one before it when the item's size is not a
// multiple of W. Items smaller than a vector are read and written a whole vector at a time where their neighbours are known
// to follow them in memory: what is read of a neighbour is dropped, what is written over it is written again by its own
// store. Anything else goes element by element.
#pragma once

#include <algorithm>
#include <type_traits>

#include "mmlcore/core/simd.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

// Items first ... first + W - 1 of a stack; lanes behind its end repeat the last item and are not stored.
template <class T>
struct LaneGroup {
  static constexpr int W = Simd<std::remove_const_t<T>>::width;
  T* item[W];
  int used;
  MatrixView<T> shape;  // sizes and strides of every item
  bool dense;           // items follow one another, and another group of W follows this one

  LaneGroup(const MatrixBatch<T>& stack, index_t first) : shape(stack.item) {
    used = static_cast<int>(std::min<index_t>(W, stack.count() - first));
    const index_t size = shape.rows * shape.cols;
    dense = stack.batch.uniform() && stack.batch.stride() == size && first + 2 * W <= stack.count();
    if (stack.batch.uniform()) {
      T* start = stack.item.data + first * stack.batch.stride();
      for (int lane = 0; lane < W; ++lane) item[lane] = start + std::min(lane, used - 1) * stack.batch.stride();
    } else {
      for (int lane = 0; lane < W; ++lane) {
        item[lane] = stack.item.data + stack.batch.offset(first + std::min(lane, used - 1));
      }
    }
  }
  // Asks for the next group's memory: W short streams at once are more than the processor's own prefetcher follows.
  void prefetch_next() const {
    if (!dense) return;
    const index_t bytes = W * shape.rows * shape.cols * index_t{sizeof(T)};
    const char* next = reinterpret_cast<const char*>(item[0]) + bytes;
    for (index_t at = 0; at < bytes; at += 64) __builtin_prefetch(next + at);
  }
  bool contiguous() const {
    return (shape.col_stride == 1 || shape.cols == 1) && (shape.row_stride == shape.cols || shape.rows == 1);
  }
};

template <class T>
inline void load_lanes(const LaneGroup<const T>& group, typename Simd<T>::Vec* out) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  const index_t rows = group.shape.rows, cols = group.shape.cols, size = rows * cols;
  if (group.contiguous() && size >= W) {
    for (index_t at = 0; at < size; at += W) {
      const index_t e = std::min(at, size - W);
      typename S::Vec v[W];
#pragma GCC unroll 16
      for (int lane = 0; lane < W; ++lane) v[lane] = S::load(group.item[lane] + e);
      transpose<T>(v);
#pragma GCC unroll 16
      for (int k = 0; k < W; ++k) out[e + k] = v[k];
    }
    return;
  }
  if (group.contiguous() && group.dense) {
    typename S::Vec v[W];
#pragma GCC unroll 16
    for (int lane = 0; lane < W; ++lane) v[lane] = S::load(group.item[lane]);
    transpose<T>(v);
    for (index_t k = 0; k < size; ++k) out[k] = v[k];
    return;
  }
  T* flat = reinterpret_cast<T*>(out);
  for (index_t i = 0; i < rows; ++i) {
    for (index_t j = 0; j < cols; ++j) {
      const index_t at = i * group.shape.row_stride + j * group.shape.col_stride;
      for (int lane = 0; lane < W; ++lane) flat[(i * cols + j) * W + lane] = group.item[lane][at];
    }
  }
}

template <class T>
inline void store_lanes(const LaneGroup<T>& group, const typename Simd<T>::Vec* in) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  const index_t rows = group.shape.rows, cols = group.shape.cols, size = rows * cols;
  if (group.contiguous() && size >= W) {
    for (index_t at = 0; at < size; at += W) {
      const index_t e = std::min(at, size - W);
      typename S::Vec v[W];
#pragma GCC unroll 16
      for (int k = 0; k < W; ++k) v[k] = in[e + k];
      transpose<T>(v);
#pragma GCC unroll 16
      for (int lane = 0; lane < W; ++lane) {
        if (lane < group.used) S::store(group.item[lane] + e, v[lane]);
      }
    }
    return;
  }
  if (group.contiguous() && group.dense) {
    typename S::Vec v[W];
    for (index_t k = 0; k < W; ++k) v[k] = in[std::min(k, size - 1)];
    transpose<T>(v);
    // In ascending order; the last stores would reach into the next group, which may be another thread's.
#pragma GCC unroll 16
    for (int lane = 0; lane < W; ++lane) {
      if (lane * size + W <= W * size) {
        S::store(group.item[lane], v[lane]);
      } else {
        for (index_t k = 0; k < size; ++k) group.item[lane][k] = v[lane][k];
      }
    }
    return;
  }
  const T* flat = reinterpret_cast<const T*>(in);
  for (index_t i = 0; i < rows; ++i) {
    for (index_t j = 0; j < cols; ++j) {
      const index_t at = i * group.shape.row_stride + j * group.shape.col_stride;
      for (int lane = 0; lane < group.used; ++lane) group.item[lane][at] = flat[(i * cols + j) * W + lane];
    }
  }
}

}  // namespace mmlcore
