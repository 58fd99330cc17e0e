// Inner products, projections and angles in an inner product of one's own: <x, y> = x' M y. With M = L L', Cholesky's
// factor, the images L'x have the dot products that the vectors have in the metric (vectors/pairs.hpp then measures them).
#include <algorithm>
#include <cmath>

#include "arrays.hpp"
#include "door.hpp"
#include "in_metric.hpp"
#include "metric_rows.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/careful_length.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/in_rows.hpp"
#include "mmlcore/vectors/pairs.hpp"
#include "module.hpp"

namespace mmlcore::bindings::metric_py {
namespace {

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

// f(first, count, the products x'z) -> bool by blocks, with one z for all: d operations an item, not d^2.
template <class T, class F>
bool each_product(const Call& call, int i, const Buffer<T>& z, F&& f) {
  Side<T> x;
  if (!x.find(call, i)) return false;
  const MatrixView<const T> one = c_order<const T>(z.data(), 1, call['d']);
  return each_block(call, [&](index_t first, index_t count) {
    Buffer<T> found(count);
    const MatrixView<const T> rows = x.rows(first, count);
    products<T>(as_stack<T>(rows, count), as_stack<T>(one, count), count, found.data());
    return f(first, count, found.data(), rows);
  });
}

// The products of argument i with the one vector of the other argument, <x, y> = x'(M y).
template <class T>
bool inner_with_one(const Call& call, int i) {
  InMetric<T> in(call, 2);
  Side<T> y;
  if (!in.factor() || !y.find(call, 1 - i)) return false;
  return each_product<T>(call, i, in.duals(y.rows(0, 1)), [&](index_t first, index_t count, const T* found, const auto&) {
    std::copy_n(found, count, call.result<T>() + first);
    return true;
  });
}

// f(first, count, <x, y>, |y|) -> bool by blocks for one y. Its length is that of the image L'y, which loses half of the
// digits that y'(M y) would lose where y lies along a short axis of M. Measured: scalar projections of 575 x 100 float32,
// one thread, 293 us by the images of all, 25 so; numpy 30.
template <class T, class F>
bool each_projection(const Call& call, F&& f) {
  InMetric<T> in(call, 2);
  Side<T> y;
  if (!in.factor() || !y.find(call, 1)) return false;
  const index_t d = call['d'];
  const Buffer<T> image = in.images(y.rows(0, 1)), z = in.duals(y.rows(0, 1));
  const T square = dot(image.data(), image.data(), d), length = std::sqrt(square);
  if (!comfortable(square) || !comfortable(dot(z.data(), z.data(), d))) return false;
  return each_product<T>(call, 0, z, [&](index_t first, index_t count, const T* found, const MatrixView<const T>& rows) {
    for (index_t i = 0; i < count; ++i) {  // a product that is small may have lost its terms
      if (comfortable(std::abs(found[i]))) continue;
      T own = 0;
      for (index_t j = 0; j < d; ++j) own += rows(i, j) * rows(i, j);
      if (!comfortable(own)) return false;
    }
    return f(first, count, found, length);
  });
}

template <class T>
bool scalar_projections(const Call& call) {
  if (!stands_for_all<T>(call, 1)) return measured<T, scalar_projection<T>, ScalarProjectionLanes>(call);
  return each_projection<T>(call, [&](index_t first, index_t count, const T* found, T length) {
    T* const to = call.result<T>() + first;
    for (index_t i = 0; i < count; ++i) to[i] = found[i] / length;
    return true;
  });
}

template <class T>
bool all_products(const Call& call) {
  for (const int i : {0, 1}) {
    if (stands_for_all<T>(call, 1 - i)) return inner_with_one<T>(call, i);
  }
  if (suits_lanes_of<T>(call)) {
    InMetric<T> in(call, 2);
    return in.factor() && in_lanes<T, InnerLanes, DualPair<T>>(call, 1, in.metric(), call.result<T>());
  }
  return each_mapped<T>(call, nullptr, &InMetric<T>::duals, [&](index_t first, index_t count, const auto& u, const auto& v) {
    products<T>(u, v, count, call.result<T>() + first);
    return true;
  });
}

// Whether all numbers of argument i are 0 or so far from the ends of the range that products of three stay within it.
template <class T>
bool usual(const Call& call, int i) {
  Side<T> side;
  if (!side.find(call, i)) return false;
  const MatrixView<const T> rows = side.rows(0, call.count());
  bool fine = true;
  for (index_t k = 0; k < rows.rows; ++k) {
    for (index_t j = 0; j < rows.cols; ++j) fine &= rows(k, j) == 0 || comfortable(rows(k, j) * rows(k, j));
  }
  return fine;
}

// False, for the Python function, where a product has left the range, or is so small that it may have lost its terms.
template <class T>
bool inner(const Call& call) {
  if (!all_products<T>(call)) return false;
  const T* const found = call.result<T>();
  bool fine = true, large = false;
  for (index_t i = 0; i < call.count(); ++i) {
    fine &= comfortable(std::abs(found[i]));
    large |= !std::isfinite(found[i]);
  }
  return fine || (!large && usual<T>(call, 0) && usual<T>(call, 1));
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
  if (stands_for_all<T>(call, 1)) {
    return each_projection<T>(call, [&](index_t first, index_t count, const T* found, T length) {
      Buffer<T> shares(count);
      for (index_t i = 0; i < count; ++i) shares[i] = found[i] / length / length;
      multiply(first, count, shares.data());
      return true;
    });
  }
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

const DoorRow rows[] = {
    {"inner", Signature("(d),(d),(d,d)->()"), "x y metric", "", {inner<double>, inner<float>}},
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
     {scalar_projections<double>, scalar_projections<float>}},
    {"vector_projection", Signature("(d),(d),(d,d)->(d)"), "x onto metric", "", {projections<double>, projections<float>}},
};

}  // namespace

void bind(py::module_& m) { add_doors(m, rows); }

}  // namespace mmlcore::bindings::metric_py
