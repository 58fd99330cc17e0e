// Lengths and distances in an inner product of one's own: the lengths of the images L'x and L'(x - y) (see metric.cpp).
#include <cmath>

#include "arrays.hpp"
#include "door.hpp"
#include "in_metric.hpp"
#include "metric_rows.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/careful_length.hpp"
#include "mmlcore/core/in_rows.hpp"
#include "mmlcore/vectors/metric_distances.hpp"
#include "module.hpp"

namespace mmlcore::bindings::metric_lengths_py {
namespace {

using namespace metric_py;

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
    {"length", Signature("(d),(d,d)->()"), "x metric", "", {lengths<double>, lengths<float>}},
    {"distance", Signature("(d),(d),(d,d)->()"), "x y metric", "", {distances<double>, distances<float>}},
};

}  // namespace

void bind(py::module_& m) { add_doors(m, rows); }

}  // namespace mmlcore::bindings::metric_lengths_py
