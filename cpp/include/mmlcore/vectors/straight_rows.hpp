// The vectors of a stack as contiguous ones, whatever their strides: some at a time through a copy.
//
// In Fortran order, or with the axes of a batch exchanged, the entries of a vector lie far apart and those of its neighbours
// in the stack side by side. Gathered one by one each entry costs a cache line; copied in blocks (core/copy.hpp transposes
// squares in registers) each line is read once. Distances of 7 numbers, one argument in Fortran order: 27 ns each, 66
// before.
#pragma once

#include <algorithm>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kStraightLength = 2048;  // longer vectors are worth a pass of their own

// Whether vectors of a stack are worth the copy: short, apart, and more than one.
template <class T>
bool worth_straightening(const MatrixBatch<const T>& x) {
  return x.item.cols > 1 && x.item.cols <= kStraightLength && x.item.col_stride != 1 && x.count() > 1;
}

// Vectors first, first + 1, ... of a stack, as rows of `to`.
template <class T>
void copy_vectors(const MatrixBatch<const T>& x, index_t first, index_t count, T* to) {
  const index_t d = x.item.cols;
  const bool even = x.batch.uniform();
  const index_t last = even ? first + count : x.batch.shape[x.batch.axes - 1];  // vectors in one run
  for (index_t k = 0; k < count;) {
    const index_t run = std::min(count - k, last - (first + k) % last);
    const T* from = x.item.data + x.batch.offset(first + k);
    copy<T>(MatrixView<const T>{from, run, d, x.batch.stride(), x.item.col_stride}, c_order(to + k * d, run, d));
    k += run;
  }
}

// Items are asked for in order.
template <class T>
class StraightRows {
 public:
  explicit StraightRows(const MatrixBatch<const T>& x) : StraightRows(x, worth_straightening(x)) {}
  StraightRows(const MatrixBatch<const T>& x, bool copies) : x_(x), d_(x.item.cols), copies_(copies) {
    if (!copies_) return;
    block_ = x.batch.stride() == 0 && x.batch.uniform() ? x.count() : std::clamp<index_t>(8192 / d_, 1, 256);
    rows_ = Buffer<T>((x.batch.stride() == 0 && x.batch.uniform() ? 1 : block_) * d_);
  }

  VectorView<const T> operator[](index_t i) {
    if (!copies_) return {x_.item.data + x_.batch.offset(i), d_, x_.item.col_stride};
    if (first_ < 0 || i < first_ || i >= first_ + block_) fill(i);
    return {rows_.data() + (block_ == x_.count() && rows_.size() == d_ ? 0 : i - first_) * d_, d_, 1};
  }

 private:
  void fill(index_t i) {
    first_ = i;
    const index_t count = std::min(rows_.size() / d_, x_.count() - i);
    copy_vectors<T>(x_, i, count, rows_.data());
  }

  const MatrixBatch<const T>& x_;
  index_t d_, block_ = 1, first_ = -1;
  bool copies_;
  Buffer<T> rows_;
};

}  // namespace mmlcore
