// Nearest neighbours of plain arrays in one call. What it answers with None python/mmlcore/vectors/_search.py sees to: other
// types, squares near the ends of the range, points for which the filter pays.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "arrays.hpp"
#include "mmlcore/vectors/distances.hpp"
#include "module.hpp"
#include "results.hpp"

namespace mmlcore::bindings {
namespace {

constexpr index_t kFilterFeatures = 128, kFilterPoints = 4000;  // from both on a filter may pay (_filter.py)

bool plain_matrix(const py::array& x) { return x.ndim() == 2 && (x.flags() & py::detail::npy_api::NPY_ARRAY_ALIGNED_) != 0; }

template <class T>
bool below(const MatrixView<const T>& x, T limit) {
  T check = 0, top = 0;
  for (index_t i = 0; i < x.rows; ++i) {
    for (index_t j = 0; j < x.cols; ++j) {
      check += x(i, j) * 0;
      top = std::max(top, std::abs(x(i, j)));
    }
  }
  return check == 0 && top < limit;
}

template <class T>
py::object search(const py::array& points, const py::array& queries, index_t k) {
  const auto x = matrix_view<const T>(points, "X"), q = matrix_view<const T>(queries, "queries");
  const npy_intp shape[2] = {q.rows, k};
  const auto distances = py::reinterpret_steal<py::object>(new_result<T>(2, shape));
  const auto indices = py::reinterpret_steal<py::object>(new_result(NPY_INT64, 2, shape));
  if (!distances || !indices) throw py::error_already_set();
  T* const to = static_cast<T*>(PyArray_DATA(reinterpret_cast<PyArrayObject*>(distances.ptr())));
  auto* const at = static_cast<std::int64_t*>(PyArray_DATA(reinterpret_cast<PyArrayObject*>(indices.ptr())));
  using Limits = std::numeric_limits<T>;
  const bool fine = without_gil([&] {
    const T high = std::sqrt(Limits::max()) / static_cast<T>(4 * x.cols);  // squares and their sums stay in the range
    if (!below(x, high) || !below(q, high)) return false;
    if (!nearest_neighbors<T>(x, q, c_order(to, q.rows, k), c_order(at, q.rows, k))) return false;
    bool clear = true;
    for (index_t i = 0; i < q.rows * k; ++i) {
      clear &= to[i] >= Limits::min() / Limits::epsilon();  // below, squares may have vanished
      to[i] = std::sqrt(to[i]);
    }
    return clear;
  });
  return fine ? py::object(py::make_tuple(distances, indices)) : py::object(py::none());
}

py::object plain_neighbors(const py::array& points, const py::array& queries, const py::object& k) {
  if (!plain_matrix(points) || !plain_matrix(queries) || !PyLong_CheckExact(k.ptr())) return py::none();
  const index_t n = points.shape(0), d = points.shape(1), wanted = PyLong_AsSsize_t(k.ptr());
  if (PyErr_Occurred()) PyErr_Clear();  // an integer beyond the range
  if (d == 0 || d != queries.shape(1) || wanted < 1 || wanted > n) return py::none();
  if (d >= kFilterFeatures && n >= kFilterPoints) return py::none();
  if (holds<double>(points) && holds<double>(queries)) return search<double>(points, queries, wanted);
  if (holds<float>(points) && holds<float>(queries)) return search<float>(points, queries, wanted);
  return py::none();
}

}  // namespace

void bind_neighbors(py::module_& m) {
  m.def("plain_neighbors", plain_neighbors, py::arg("points"), py::arg("queries"), py::arg("k"),
        "(distances, indices) of arrays of one type, or None where Python has to see to it.");
}

}  // namespace mmlcore::bindings
