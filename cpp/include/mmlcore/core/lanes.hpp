// Stacks of small matrices in SIMD lanes: how W matrices become an array of vectors and back.
//
// `load_lanes` fills out[i * cols + j] with element (i, j) of W matrices, one a lane. Contiguous items are moved in squares of
// W x W elements transposed in registers; the last square overlaps the one before it when the item's size is not a multiple of
// W. Other strides, and items smaller than a vector, go element by element.
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

  LaneGroup(const MatrixBatch<T>& stack, index_t first) : shape(stack.item) {
    used = static_cast<int>(std::min<index_t>(W, stack.count() - first));
    for (int lane = 0; lane < W; ++lane) {
      item[lane] = stack.item.data + stack.batch.offset(first + std::min(lane, used - 1));
    }
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
  const T* flat = reinterpret_cast<const T*>(in);
  for (index_t i = 0; i < rows; ++i) {
    for (index_t j = 0; j < cols; ++j) {
      const index_t at = i * group.shape.row_stride + j * group.shape.col_stride;
      for (int lane = 0; lane < group.used; ++lane) group.item[lane][at] = flat[(i * cols + j) * W + lane];
    }
  }
}

}  // namespace mmlcore
