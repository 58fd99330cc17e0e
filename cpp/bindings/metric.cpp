// Lengths, distances and angles in an inner product of one's own: <x, y> = x' M y. With M = L L', Cholesky's factor, the
// images L'x have the dot products that the vectors have in the metric (vectors/pairs.hpp then measures them).
#include <algorithm>
#include <cmath>

#include "arrays.hpp"
#include "door.hpp"
#include "in_metric.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/in_rows.hpp"
#include "mmlcore/vectors/metric_distances.hpp"
#include "mmlcore/vectors/metric_lanes.hpp"
#include "mmlcore/vectors/pairs.hpp"
#include "mmlcore/vectors/straight_rows.hpp"
#include "module.hpp"

namespace mmlcore::bindings::metric_py {
namespace {

template <class T>
using Vector = VectorView<const T>;

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

// f(first, count, x, y) -> bool for blocks, with stacks of what `map` (a member of InMetric) makes of both arguments, or
// leaves of them (null).
template <class T>
using Map = Buffer<T> (InMetric<T>::*)(const MatrixView<const T>&) const;

template <class T, class F>
bool each_mapped(const Call& call, Map<T> of_x, Map<T> of_y, F&& f) {
  InMetric<T> in(call, 2);
  Side<T> x, y;
  if (!in.factor() || !x.find(call, 0) || !y.find(call, 1)) return false;
  const index_t d = call['d'];
  const auto mapped = [&](const Side<T>& side, Map<T> map, Buffer<T>& to, index_t first, index_t count) {
    if (!map) return as_stack<T>(side.rows(first, count), count);
    to = (in.*map)(side.rows(first, count));
    return as_stack<T>(c_order<const T>(to.data(), side.is_one() ? 1 : count, d), count);
  };
  Buffer<T> one_x, one_y;
  const auto single_x = x.is_one() ? mapped(x, of_x, one_x, 0, 1) : MatrixBatch<const T>{};
  const auto single_y = y.is_one() ? mapped(y, of_y, one_y, 0, 1) : MatrixBatch<const T>{};
  return each_block(call, [&](index_t first, index_t count) {
    Buffer<T> u, v;
    const auto repeated = [count](const MatrixBatch<const T>& one) { return as_stack<T>(one.item, count); };
    return f(first, count, x.is_one() ? repeated(single_x) : mapped(x, of_x, u, first, count),
             y.is_one() ? repeated(single_y) : mapped(y, of_y, v, first, count));
  });
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

// Lengths of the images of rows, one of which may stand for all; false where a square left the range.
template <class T>
bool image_lengths(const InMetric<T>& in, const MatrixView<const T>& rows, index_t count, T* to) {
  const Buffer<T> images = in.images(rows);
  const auto stack = as_stack<T>(c_order<const T>(images.data(), rows.rows, rows.cols), count);
  products<T>(stack, stack, count, to);
  bool fine = true;
  for (index_t i = 0; i < count; ++i) fine &= comfortable(to[i]);
  for (index_t i = 0; i < count; ++i) to[i] = std::sqrt(to[i]);
  return fine;
}

// A vector of zeros has a length, too, but the Python function has all the time.
template <class T>
bool lengths(const Call& call) {
  InMetric<T> in(call, 1);
  Side<T> x;
  if (!in.factor()) return false;
  if (suits_lanes_of<T>(call))
    return in_lanes<T, DistanceLanes, SingleImage<T, false>>(call, 0, in.lower(), call.result<T>());
  if (!x.find(call, 0)) return false;
  return each_block(call, [&](index_t first, index_t count) {
    return image_lengths(in, x.rows(first, count), count, call.result<T>() + first);
  });
}

template <class T>
bool distances(const Call& call) {
  InMetric<T> in(call, 2);
  Side<T> x, y;
  if (!in.factor()) return false;
  if (suits_lanes_of<T>(call))
    return in_lanes<T, DistanceLanes, SingleImage<T, true>>(call, 1, in.lower(), call.result<T>());
  if (!x.find(call, 0) || !y.find(call, 1)) return false;
  const index_t d = call['d'];
  return each_block(call, [&](index_t first, index_t count) {
    Buffer<T> gaps(count * d), straight[2];
    const MatrixView<const T> u = in_rows<T>(x.rows(first, count), straight[0]),
                              v = in_rows<T>(y.rows(first, count), straight[1]);
    for (index_t i = 0; i < count; ++i) {
      const T *const a = &u(x.is_one() ? 0 : i, 0), *const b = &v(y.is_one() ? 0 : i, 0);
      T* const gap = gaps.data() + i * d;
      for (index_t j = 0; j < d; ++j) gap[j] = a[j] - b[j];
    }
    return image_lengths(in, c_order<const T>(gaps.data(), count, d), count, call.result<T>() + first);
  });
}

template <class T, bool (*measure)(Vector<T>, Vector<T>, T&), class Lanes>
bool measured(const Call& call) {
  if (suits_lanes_of<T>(call)) {
    InMetric<T> in(call, 2);
    return in.factor() && in_lanes<T, Lanes, ImagePair<T>>(call, 1, in.lower(), call.result<T>());
  }
  const auto images = &InMetric<T>::images;
  return each_mapped<T>(call, images, images, [&](index_t first, index_t count, const auto& u, const auto& v) {
    T* const to = call.result<T>() + first;
    return measure_pairs<T, Lanes>(u, v, count, to,
                                   [to](index_t i, Vector<T> a, Vector<T> b) { return measure(a, b, to[i]); });
  });
}

template <class T>
bool inner(const Call& call) {
  if (suits_lanes_of<T>(call)) {
    InMetric<T> in(call, 2);
    return in.factor() && in_lanes<T, InnerLanes, DualPair<T>>(call, 1, in.metric(), call.result<T>());
  }
  return each_mapped<T>(call, nullptr, &InMetric<T>::duals, [&](index_t first, index_t count, const auto& u, const auto& v) {
    products<T>(u, v, count, call.result<T>() + first);
    return true;
  });
}

template <class T>
bool projections(const Call& call) {
  Side<T> onto;
  if (!onto.find(call, 1)) return false;
  const index_t d = call['d'];
  const auto multiply = [&](index_t first, index_t count, const T* shares) {
    Buffer<T> straight;
    const MatrixView<const T> rows = in_rows<T>(onto.rows(first, count), straight);
    for (index_t i = 0; i < count; ++i) {
      const T* const b = &rows(onto.is_one() ? 0 : i, 0);
      T* const to = call.result<T>() + (first + i) * d;
      for (index_t j = 0; j < d; ++j) to[j] = shares[i] * b[j];
    }
  };
  if (suits_lanes_of<T>(call)) {
    InMetric<T> in(call, 2);
    Buffer<T> shares(call.count());
    if (!in.factor() || !in_lanes<T, ShareLanes, ImagePair<T>>(call, 1, in.lower(), shares.data())) return false;
    return each_block(call, [&](index_t first, index_t count) {
      multiply(first, count, shares.data() + first);
      return true;
    });
  }
  const auto images = &InMetric<T>::images;
  return each_mapped<T>(call, images, images, [&](index_t first, index_t count, const auto& u, const auto& v) {
    Buffer<T> shares(count);
    const bool fine = measure_pairs<T, ShareLanes>(u, v, count, shares.data(), [&](index_t i, Vector<T> a, Vector<T> b) {
      const T yy = dot(b.data, b.data, d), xx = dot(a.data, a.data, d);
      shares[i] = dot(a.data, b.data, d) / yy;
      return comfortable(yy) && comfortable(xx);
    });
    multiply(first, count, shares.data());
    return fine;
  });
}

// Of X and Y, or, with two arguments, of X with itself.
template <class T, int Metric>
bool all_distances(const Call& call) {
  const MatrixView<const T> x = call.matrix<T>(0), y = call.matrix<T>(Metric - 1);
  if (call.axes() != 0 || x.rows == 0 || y.rows == 0) return false;
  InMetric<T> in(call, Metric);
  return in.factor() && metric_distances<T>(x, y, in.lower(), call.option(0) != 0, call.results<T>().item);
}

const DoorRow rows[] = {
    {"pairwise_distances",
     Signature("(n,d),(m,d),(d,d)->(n,m)"),
     "X Y metric",
     "squared=0",
     {all_distances<double, 2>, all_distances<float, 2>}},
    {"pairwise_distances",
     Signature("(n,d),(d,d)->(n,n)"),
     "X metric",
     "squared=0 Y",
     {all_distances<double, 1>, all_distances<float, 1>}},
    {"inner", Signature("(d),(d),(d,d)->()"), "x y metric", "", {inner<double>, inner<float>}},
    {"length", Signature("(d),(d,d)->()"), "x metric", "", {lengths<double>, lengths<float>}},
    {"distance", Signature("(d),(d),(d,d)->()"), "x y metric", "", {distances<double>, distances<float>}},
    {"angle",
     Signature("(d),(d),(d,d)->()"),
     "x y metric",
     "",
     {measured<double, angle<double>, AngleLanes>, measured<float, angle<float>, AngleLanes>}},
    {"cosine",
     Signature("(d),(d),(d,d)->()"),
     "x y metric",
     "",
     {measured<double, cosine<double>, CosineLanes>, measured<float, cosine<float>, CosineLanes>}},
    {"scalar_projection",
     Signature("(d),(d),(d,d)->()"),
     "x onto metric",
     "",
     {measured<double, scalar_projection<double>, ScalarProjectionLanes>,
      measured<float, scalar_projection<float>, ScalarProjectionLanes>}},
    {"vector_projection", Signature("(d),(d),(d,d)->(d)"), "x onto metric", "", {projections<double>, projections<float>}},
};

}  // namespace

void bind(py::module_& m) { add_doors(m, rows); }

}  // namespace mmlcore::bindings::metric_py
