// Differences of Python functions, called with one point after the other, or of their programs, with many at once.
#include "mmlcore/calculus/finite_difference.hpp"

#include <pybind11/stl.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "border.hpp"
#include "mmlcore/calculus/program.hpp"
#include "module.hpp"
#include "numpy_api.hpp"
#include "results.hpp"

namespace mmlcore::bindings::finite_difference_py {
namespace {

using calculus::Difference;
using calculus::DifferenceOf;
using calculus::Points;
using calculus::Program;
using namespace py::literals;

PyArrayObject* array_of(const py::object& x) { return reinterpret_cast<PyArrayObject*>(x.ptr()); }

// What f gives as numbers, float64 in C order. The shape is that of the first value.
class Values {
 public:
  const std::vector<npy_intp>& shape() const { return shape_; }
  double unit() const { return unit_; }  // of rounding: the largest of their types'

  void append(const py::object& value, std::vector<double>& out) {
    if (PyFloat_Check(value.ptr())) {
      check(0, nullptr);
      out.push_back(PyFloat_AS_DOUBLE(value.ptr()));
      return;
    }
    py::object rows = value;
    if (!PyArray_CheckExact(value.ptr()) || PyArray_TYPE(array_of(value)) != NPY_DOUBLE ||
        !PyArray_ISCARRAY_RO(array_of(value))) {
      const auto numpy = py::module_::import("numpy");
      const py::object own = numpy.attr("asarray")(value);
      const int type = PyArray_TYPE(array_of(own));
      if (type == NPY_FLOAT) unit_ = std::max(unit_, double{std::numeric_limits<float>::epsilon()});
      if (type == NPY_HALF) unit_ = 1.0 / 1024;
      rows = numpy.attr("ascontiguousarray")(own, "dtype"_a = "float64").attr("reshape")(own.attr("shape"));
    }
    check(PyArray_NDIM(array_of(rows)), PyArray_DIMS(array_of(rows)));
    const auto* numbers = static_cast<const double*>(PyArray_DATA(array_of(rows)));
    out.insert(out.end(), numbers, numbers + PyArray_SIZE(array_of(rows)));
  }

 private:
  void check(int axes, const npy_intp* dims) {
    const std::vector<npy_intp> form(dims, dims + axes);
    if (!known_) shape_ = form, known_ = true;
    if (form != shape_) throw py::value_error("f: gave values of different shapes at points beside x.");
  }

  std::vector<npy_intp> shape_;
  double unit_ = std::numeric_limits<double>::epsilon();
  bool known_ = false;
};

// (value, error) at a point: a number, or a vector (n,), for which derivatives by its numbers are the last axis. `program`,
// a capsule, takes the place of f where it is given, with results of that shape.
py::object finite_difference(const py::object& f, const py::object& point, int method, double step,
                             const py::object& program, const std::vector<npy_intp>& shape) {
  const int axes = PyArray_NDIM(array_of(point));
  const auto n = axes ? static_cast<index_t>(PyArray_DIM(array_of(point), 0)) : index_t{1};
  const auto* x = static_cast<const double*>(PyArray_DATA(array_of(point)));
  const Program* traced =
      program.is_none() ? nullptr : static_cast<const Program*>(PyCapsule_GetPointer(program.ptr(), "mmlcore.Program"));
  Values values;
  DifferenceOf along;
  index_t moving = 0;
  std::optional<py::error_already_set> undefined;  // a ValueError of f itself
  const auto call = [&](const double* places, index_t count, std::vector<double>& out) {
    out.clear();
    try {
      for (index_t k = 0; k < count; ++k) {
        py::object at;
        if (axes) {
          NewArray<double> moved({static_cast<npy_intp>(n)});
          std::copy_n(x, n, moved.data);
          moved.data[moving] = places[k];
          at = moved.array;
        } else {
          at = py::float_(places[k]);
        }
        values.append(f(at), out);
      }
      along.unit = values.unit();
    } catch (py::error_already_set& error) {
      if (!error.matches(PyExc_ValueError)) throw;
      undefined.emplace(std::move(error));
      return false;
    }
    return true;
  };
  std::vector<double> points;
  const auto run = [&](const double* places, index_t count, std::vector<double>& out) {
    points.resize(static_cast<std::size_t>(count * n));
    for (index_t k = 0; k < count; ++k) {
      std::copy_n(x, n, points.data() + k * n);
      points[static_cast<std::size_t>(k * n + moving)] = places[k];
    }
    out.resize(static_cast<std::size_t>(count * traced->result_size(0)));
    const Points<const double> in{points.data(), n};
    const Points<double> to{out.data(), traced->result_size(0)};
    traced->run<double>(count, &in, &to);
    return true;
  };
  along.together = traced != nullptr;
  if (traced) {
    along.values = run;
  } else {
    along.values = call;
  }
  std::vector<calculus::Derivative> found(static_cast<std::size_t>(n));
  for (; moving < n; ++moving) {
    if (calculus::difference(along, x[moving], static_cast<Difference>(method), step,
                             found[static_cast<std::size_t>(moving)]))
      continue;
    if (undefined) throw std::move(*undefined);
    throw py::value_error("f: gave NaN or infinity beside x, so there are no differences; choose a smaller step.");
  }
  std::vector<npy_intp> form = traced ? shape : values.shape();
  if (axes) form.push_back(static_cast<npy_intp>(n));
  const NewArray<double> value(form), error(form);
  for (index_t i = 0; i < n; ++i) {
    const calculus::Derivative& one = found[static_cast<std::size_t>(i)];
    const index_t m = n ? PyArray_SIZE(array_of(value.array)) / n : 0;
    for (index_t j = 0; j < m; ++j) {
      const auto from = static_cast<std::size_t>(one.value.size() == 1 ? 0 : j);  // no step fitted: nothing of any size
      value.data[j * n + i] = one.value[from];
      error.data[j * n + i] = one.error[from];
    }
  }
  return py::make_tuple(value.array, error.array);
}

}  // namespace

void bind(py::module_& m) {
  m.def("finite_difference", &finite_difference, py::arg("f"), py::arg("point"), py::arg("method"), py::arg("step"),
        py::arg("program") = py::none(), py::arg("shape") = std::vector<npy_intp>{},
        "(value, error) of the derivative by differences; a program takes the place of f.");
}

}  // namespace mmlcore::bindings::finite_difference_py
