// The vectors of a call in an inner product: rows, of which one may stand for all, some at a time.
#pragma once

#include <algorithm>

#include "arrays.hpp"
#include "door.hpp"
#include "in_metric.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/vectors/metric_lanes.hpp"
#include "mmlcore/vectors/straight_rows.hpp"

namespace mmlcore::bindings::metric_py {

// Argument i as rows: one row where it is the same for all items, a copy in `kept` where vectors are not evenly apart.
template <class T>
bool find_rows(const Call& call, int i, Buffer<T>& kept, MatrixView<const T>& to) {
  const auto all = call.stack<T>(i);
  const index_t d = call['d'], count = call.count();
  if (count == 0) return false;
  if (!all.batch.uniform()) {
    kept = Buffer<T>(count * d);
    copy_vectors<T>(all, 0, count, kept.data());
    to = c_order<const T>(kept.data(), count, d);
    return true;
  }
  const bool one = count == 1 || all.batch.stride() == 0;
  to = {all.item.data, one ? 1 : count, d, one ? d : all.batch.stride(), all.item.col_stride};
  return true;
}

// One argument of a call as rows, and what becomes of them in the metric: of a single row once, of others some at a time.
template <class T>
class Side {
 public:
  bool find(const Call& call, int i) { return find_rows<T>(call, i, kept_, rows_); }
  bool is_one() const { return rows_.rows == 1; }
  MatrixView<const T> rows(index_t first, index_t count) const {
    return is_one() ? rows_ : rows_.block(first, 0, count, rows_.cols);
  }

 private:
  MatrixView<const T> rows_;
  Buffer<T> kept_;
};

// Rows as a stack of `count` vectors, of which one may stand for all.
template <class T>
MatrixBatch<const T> as_stack(const MatrixView<const T>& rows, index_t count) {
  MatrixBatch<const T> stack{{rows.data, 1, rows.cols, rows.cols, rows.col_stride}, {}};
  stack.batch.push(count, rows.rows == 1 ? 0 : rows.row_stride);
  return stack;
}

// Whether argument i is one vector for many items.
template <class T>
bool stands_for_all(const Call& call, int i) {
  const auto& batch = call.stack<T>(i).batch;
  return call.count() > 1 && batch.uniform() && batch.stride() == 0;
}

// f(first, count) -> bool for blocks of the items, whose images stay in the first-level cache: cosines of 11,442 x 2 took
// 390 us by one product for all.
template <class F>
bool each_block(const Call& call, F&& f) {
  const index_t d = call['d'], block = std::clamp<index_t>(2048 / d, 16, 512);
  if (call.count() <= block) return f(0, call.count());
  return each_range(call, d * d, [&](index_t begin, index_t end) {
    for (index_t first = begin; first < end; first += block) {
      if (!f(first, std::min(block, end - first))) return false;
    }
    return true;
  });
}

template <class T>
using Vector = VectorView<const T>;

// Stacks of vectors of few entries, W pairs at once; `y`: the number of the other argument.
template <class T, class Measure, class Pair>
bool in_lanes(const Call& call, int y, const T* matrix, T* to) {
  const auto left = call.stack<T>(0), right = call.stack<T>(y);
  const index_t d = call['d'];
  return each_range(call, d * d, [&](index_t first, index_t last) {
    return measure_in_metric<T, Measure, Pair>(left, right, matrix, first, last, to);
  });
}

template <class T>
bool suits_lanes_of(const Call& call) {
  return suits_metric_lanes<T>(call['d'], call.count());
}

// A number for each pair of two stacks: in lanes where that suits, else by_itself(i, x, y) -> bool.
template <class T, class Lanes, class F>
bool measure_pairs(const MatrixBatch<const T>& x, const MatrixBatch<const T>& y, index_t count, T* to, F&& by_itself) {
  const auto alone = [&](index_t i) { return by_itself(i, vector_of(x, i), vector_of(y, i)); };
  if (suits_lanes(x, y)) return measure_lanes<T, Lanes>(x, y, 0, count, to, alone);
  bool fine = true;
  for (index_t i = 0; i < count; ++i) fine &= alone(i);
  return fine;
}

template <class T>
void products(const MatrixBatch<const T>& x, const MatrixBatch<const T>& y, index_t count, T* to) {
  measure_pairs<T, InnerLanes>(x, y, count, to, [to](index_t i, Vector<T> u, Vector<T> v) {
    if (u.stride == 1 && v.stride == 1) {
      to[i] = dot(u.data, v.data, u.size);
      return true;
    }
    T sum = 0;
    for (index_t j = 0; j < u.size; ++j) sum += u[j] * v[j];
    to[i] = sum;
    return true;
  });
}

}  // namespace mmlcore::bindings::metric_py
