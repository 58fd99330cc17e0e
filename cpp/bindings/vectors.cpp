#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "arrays.hpp"
#include "door.hpp"
#include "mmlcore/core/careful_length.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/finite.hpp"
#include "mmlcore/elimination/basis.hpp"
#include "mmlcore/singular/singular_values.hpp"
#include "mmlcore/vectors/distances.hpp"
#include "mmlcore/vectors/inner.hpp"
#include "mmlcore/vectors/lane_measures.hpp"
#include "mmlcore/vectors/pairs.hpp"
#include "mmlcore/vectors/straight_rows.hpp"
#include "module.hpp"
#include "results.hpp"

namespace mmlcore::bindings::vectors_py {
namespace {

template <class T>
using Vector = VectorView<const T>;

// Runs f(number, x, y) -> bool for the pairs of vectors of a call. Measure, if there is one, takes W pairs in lanes: it
// answers which lanes it could tell, and f does the others.
template <class T, class Measure = NoLanes, class F>
bool each_straight_pair(const Call& call, F&& f) {
  if (call.count() == 1) return f(0, call.vector<T>(0), call.vector<T>(1));
  const auto x = call.stack<T>(0), y = call.stack<T>(1);
  return each_range(call, x.item.cols, [&](index_t first, index_t last) {
    if constexpr (!std::is_same_v<Measure, NoLanes>) {
      if (suits_lanes(x, y)) {
        return measure_lanes<T, Measure>(x, y, first, last, call.result<T>(),
                                         [&](index_t i) { return f(i, vector_of(x, i), vector_of(y, i)); });
      }
    }
    StraightRows<T> left(x), right(y);
    bool fine = true;
    for (index_t i = first; i < last; ++i) fine &= f(i, left[i], right[i]);
    return fine;
  });
}

template <class T>
bool inner(const Call& call) {
  if (call.count() == 1 && call['d'] <= kDotBlock) {
    const Vector<T> x = call.vector<T>(0), y = call.vector<T>(1);
    if (x.size <= 1 || (x.stride == 1 && y.stride == 1)) {
      *call.result<T>() = dot(x.data, y.data, x.size);
      return true;
    }
  }
  inner_products<T>(call.stack<T>(0), call.stack<T>(1), call.result<T>());
  return true;
}

template <class T>
bool lengths(const Call& call) {
  T* const to = call.result<T>();
  if (call.count() == 1 && call['d'] <= kDotBlock) {
    const Vector<T> x = call.vector<T>(0);
    if (x.size <= 1 || x.stride == 1) {
      *to = length(x, dot(x.data, x.data, x.size));
      return true;
    }
  }
  const auto x = call.stack<T>(0);
  inner_products<T>(x, x, to);
  return each_range(call, 8, [&](index_t first, index_t last) {
    bool usual = true;
    for (index_t i = first; i < last; ++i) {
      usual &= comfortable(to[i]);
      to[i] = std::sqrt(to[i]);
    }
    if (usual) return true;
    for (index_t i = first; i < last; ++i) {
      if (!comfortable(to[i] * to[i] / 2)) to[i] = length(vector_of(x, i), T{0});
    }
    return true;
  });
}

template <class T>
bool distances(const Call& call) {
  return each_straight_pair<T, DistanceLanes>(call, [to = call.result<T>()](index_t i, Vector<T> x, Vector<T> y) {
    to[i] = distance(x, y);
    return true;
  });
}

// The others answer false for what has no direction, or squares that leave the range.
template <class T, bool (*measure)(Vector<T>, Vector<T>, T&), class Lanes>
bool measured(const Call& call) {
  return each_straight_pair<T, Lanes>(
      call, [to = call.result<T>()](index_t i, Vector<T> x, Vector<T> y) { return measure(x, y, to[i]); });
}

template <class T>
bool projections(const Call& call) {
  const index_t d = call['d'];
  T* const to = call.result<T>();
  const auto x = call.stack<T>(0), onto = call.stack<T>(1);
  if (call.count() == 1 || !suits_lanes(x, onto)) {
    return each_straight_pair<T>(call,
                                 [=](index_t i, Vector<T> a, Vector<T> b) { return vector_projection(a, b, to + i * d); });
  }
  return each_range(call, d, [&](index_t first, index_t last) {
    Buffer<T> shares(last - first);
    const auto by_itself = [&](index_t i) {
      const auto [xy, xx, yy] = detail::three_products(vector_of(x, i), vector_of(onto, i));
      shares[i - first] = xy / yy;
      return comfortable(xx) && comfortable(yy);
    };
    if (!measure_lanes<T, ShareLanes>(x, onto, first, last, shares.data() - first, by_itself)) return false;
    for (index_t i = first; i < last; ++i) {
      const Vector<T> b = vector_of(onto, i);
      for (index_t k = 0; k < d; ++k) to[i * d + k] = shares[i - first] * b[k];
    }
    return true;
  });
}

// Of X and Y, or of X with itself.
template <class T>
bool all_distances(const Call& call) {
  if (call.axes() != 0) return false;
  pairwise_distances<T>(call.matrix<T>(0), call.matrix<T>(1), call.option(1) != 0, call.results<T>().item);
  return true;
}
template <class T>
bool own_distances(const Call& call) {
  if (call.axes() != 0) return false;
  pairwise_distances<T>(call.matrix<T>(0), call.matrix<T>(0), call.option(2) != 0, call.results<T>().item);
  return true;
}

template <class T>
bool cross_products(const Call& call) {
  return each_straight_pair<T>(call, [to = call.result<T>()](index_t i, Vector<T> x, Vector<T> y) {
    cross(x, y, to + 3 * i);
    return true;
  });
}

// In a basis of the whole space that is certainly one (basis.hpp).
template <class T>
bool coordinates_in(const Call& call) {
  const index_t n = call['k'];
  if (!call.is_one(1) || n != call['d'] || n == 0) return false;
  return coordinates<T>(call.stack<T>(0), call.matrix<T>(1), default_rank_rtol<T>(n, n), call.result<T>());
}

const DoorRow rows[] = {
    {"coordinates", Signature("(d),(d,k)->(k)"), "x basis", "", {coordinates_in<double>, coordinates_in<float>}},
    {"cross", Signature("(3),(3)->(3)"), "x y", "", {cross_products<double>, cross_products<float>}},
    {"pairwise_distances",
     Signature("(n,d),(m,d)->(n,m)"),
     "X Y",
     "metric squared=0",
     {all_distances<double>, all_distances<float>}},
    {"pairwise_distances",
     Signature("(n,d)->(n,n)"),
     "X",
     "Y metric squared=0",
     {own_distances<double>, own_distances<float>}},
    {"inner", Signature("(d),(d)->()"), "x y", "metric", {inner<double>, inner<float>}},
    {"length", Signature("(d)->()"), "x", "metric", {lengths<double>, lengths<float>}},
    {"distance", Signature("(d),(d)->()"), "x y", "metric", {distances<double>, distances<float>}},
    {"angle",
     Signature("(d),(d)->()"),
     "x y",
     "metric",
     {measured<double, angle<double>, AngleLanes>, measured<float, angle<float>, AngleLanes>}},
    {"cosine",
     Signature("(d),(d)->()"),
     "x y",
     "metric",
     {measured<double, cosine<double>, CosineLanes>, measured<float, cosine<float>, CosineLanes>}},
    {"scalar_projection",
     Signature("(d),(d)->()"),
     "x onto",
     "metric",
     {measured<double, scalar_projection<double>, ScalarProjectionLanes>,
      measured<float, scalar_projection<float>, ScalarProjectionLanes>}},
    {"vector_projection", Signature("(d),(d)->(d)"), "x onto", "metric", {projections<double>, projections<float>}},
};

}  // namespace

void bind(py::module_& m) {
  add_doors(m, rows);
  m.def(
      "inner_products",
      [](const py::array& x, const py::array& y, py::array& out) {
        by_dtype(out, [&](auto zero) {
          using T = decltype(zero);
          const auto vx = matrix_batch<const T>(x, "x"), vy = matrix_batch<const T>(y, "y");
          T* to = data_of<T>(out);
          without_gil([&] { inner_products<T>(vx, vy, to); });
        });
      },
      py::arg("x"), py::arg("y"), py::arg("out"), "out[i] = x_i y_i' for stacks (..., 1, d); out contiguous.");
  m.def(
      "pairwise_distances",
      [](const py::array& x, const py::array& y, bool squared, py::array& out) {
        by_dtype(out, [&](auto zero) {
          using T = decltype(zero);
          const auto vx = matrix_view<const T>(x, "x"), vy = matrix_view<const T>(y, "y");
          const auto to = matrix_view<T>(out, "out");
          without_gil([&] { pairwise_distances<T>(vx, vy, squared, to); });
        });
      },
      py::arg("x"), py::arg("y"), py::arg("squared"), py::arg("out"), "out[i, j] = |x_i - y_j|, or its square.");
}

}  // namespace mmlcore::bindings::vectors_py
