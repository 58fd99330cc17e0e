// Views: how a kernel sees an array. A pointer, sizes and strides; no ownership, no Python.
//
// A matrix of `rows` x `cols` is read at data[i * row_stride + j * col_stride]. Strides count elements, not bytes, and may
// be negative (a reversed array) or zero (a broadcast one). C order is col_stride == 1, Fortran order row_stride == 1, and
// the transpose is a swap of two pairs of numbers: so every kernel reads every numpy array in place.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include "mmlcore/core/assertions.hpp"

namespace mmlcore {

using index_t = std::ptrdiff_t;

// The element types that kernels are compiled for.
template <class T>
concept Real = std::same_as<T, float> || std::same_as<T, double>;

template <class T>
struct VectorView {
  T* data = nullptr;
  index_t size = 0;
  index_t stride = 1;

  T& operator[](index_t i) const {
    MMLCORE_ASSERT(0 <= i && i < size);
    return data[i * stride];
  }
  operator VectorView<const T>() const { return {data, size, stride}; }
};

template <class T>
struct MatrixView {
  T* data = nullptr;
  index_t rows = 0, cols = 0;
  index_t row_stride = 0, col_stride = 1;

  T& operator()(index_t i, index_t j) const {
    MMLCORE_ASSERT(0 <= i && i < rows && 0 <= j && j < cols);
    return data[i * row_stride + j * col_stride];
  }
  operator MatrixView<const T>() const { return {data, rows, cols, row_stride, col_stride}; }

  MatrixView transposed() const { return {data, cols, rows, col_stride, row_stride}; }
  MatrixView block(index_t i, index_t j, index_t m, index_t n) const {
    MMLCORE_ASSERT(0 <= i && 0 <= m && i + m <= rows && 0 <= j && 0 <= n && j + n <= cols);
    return {data + i * row_stride + j * col_stride, m, n, row_stride, col_stride};
  }
  VectorView<T> row(index_t i) const {
    MMLCORE_ASSERT(0 <= i && i < rows);
    return {data + i * row_stride, cols, col_stride};
  }
  VectorView<T> col(index_t j) const {
    MMLCORE_ASSERT(0 <= j && j < cols);
    return {data + j * col_stride, rows, row_stride};
  }
  bool empty() const { return rows == 0 || cols == 0; }
};

// A row-major (C order) view of m x n contiguous elements.
template <class T>
MatrixView<T> c_order(T* data, index_t m, index_t n) {
  return {data, m, n, n, 1};
}

// A column-major (Fortran order) view with leading dimension `ld`.
template <class T>
MatrixView<T> f_order(T* data, index_t m, index_t n, index_t ld) {
  MMLCORE_ASSERT(ld >= m);
  return {data, m, n, 1, ld};
}

// The leading axes of a stack of matrices or vectors: shape and strides of up to kMaxBatchAxes axes after broadcasting, with
// axes that run on evenly merged into one. `offset(b)` is where item b starts, in elements.
inline constexpr int kMaxBatchAxes = 32;

struct BatchAxes {
  int axes = 0;
  index_t count = 1;
  std::array<index_t, kMaxBatchAxes> shape{};
  std::array<index_t, kMaxBatchAxes> strides{};

  void push(index_t size, index_t stride) {
    count *= size;
    if (size == 1) return;
    if (axes > 0 && strides[axes - 1] == size * stride) {
      shape[axes - 1] *= size;
      strides[axes - 1] = stride;
      return;
    }
    MMLCORE_ASSERT(axes < kMaxBatchAxes);
    shape[axes] = size;
    strides[axes++] = stride;
  }

  // One stride serves all items: the usual case of a contiguous stack.
  bool uniform() const { return axes <= 1; }
  index_t stride() const { return axes == 0 ? 0 : strides[axes - 1]; }

  index_t offset(index_t b) const {
    MMLCORE_ASSERT(0 <= b && b < count);
    if (axes <= 1) return axes == 0 ? 0 : b * strides[0];
    index_t at = 0;
    for (int a = axes - 1; a >= 0; --a) {
      at += (b % shape[a]) * strides[a];
      b /= shape[a];
    }
    return at;
  }
};

// A stack of equally shaped matrices: `item` is the first one.
template <class T>
struct MatrixBatch {
  MatrixView<T> item;
  BatchAxes batch;

  index_t count() const { return batch.count; }
  MatrixView<T> operator[](index_t b) const {
    MatrixView<T> view = item;
    view.data += batch.offset(b);
    return view;
  }
};

}  // namespace mmlcore
