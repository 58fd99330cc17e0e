#include "door_out.hpp"

#include <pybind11/pybind11.h>

#include <algorithm>
#include <complex>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "results.hpp"

namespace mmlcore::bindings {

namespace py = pybind11;

namespace {

std::string shape_text(int axes, const npy_intp* shape) {
  std::string text = "(";
  for (int i = 0; i < axes; ++i)
    text += std::to_string(shape[i]) + (axes == 1 || i + 1 < axes ? "," : "") + (i + 1 < axes ? " " : "");
  return text + ")";
}

std::string type_text(PyArray_Descr* type) {
  return py::str(py::handle(reinterpret_cast<PyObject*>(type))).cast<std::string>();
}

}  // namespace

PyArrayObject* checked_out(PyObject* out, int type, int axes, const npy_intp* shape) {
  if (!PyArray_Check(out)) {
    throw py::type_error(std::string("out: got ") + Py_TYPE(out)->tp_name + ", needed an ndarray.");
  }
  auto* array = reinterpret_cast<PyArrayObject*>(out);
  if (PyArray_TYPE(array) != type || !PyArray_ISNOTSWAPPED(array)) {
    PyArray_Descr* needed = PyArray_DescrFromType(type);
    const std::string text = type_text(needed);
    Py_DECREF(needed);
    throw py::type_error("out: got dtype " + type_text(PyArray_DESCR(array)) + ", needed " + text + ".");
  }
  if (PyArray_NDIM(array) != axes || !std::equal(shape, shape + axes, PyArray_DIMS(array))) {
    throw py::value_error("out: got shape " + shape_text(PyArray_NDIM(array), PyArray_DIMS(array)) + ", needed " +
                          shape_text(axes, shape) + ".");
  }
  if (!PyArray_ISWRITEABLE(array)) throw py::value_error("out: is read-only.");
  for (int i = 0; i < axes && PyArray_SIZE(array) > 0; ++i) {  // empty arrays have strides of 0
    if (PyArray_STRIDE(array, i) == 0 && shape[i] > 1) {
      throw py::value_error("out: its axis " + std::to_string(i) +
                            " has stride 0, needed an element for each number of the result.");
    }
  }
  return array;
}

bool share_memory(PyArrayObject* a, PyArrayObject* b) {
  const auto range = [](PyArrayObject* array) {
    const char *first = PyArray_BYTES(array), *last = first + PyArray_ITEMSIZE(array);
    for (int axis = 0; axis < PyArray_NDIM(array); ++axis) {
      const npy_intp reach = PyArray_STRIDE(array, axis) * std::max<npy_intp>(PyArray_DIM(array, axis) - 1, 0);
      (reach < 0 ? first : last) += reach;
    }
    return std::pair(first, last);
  };
  const auto [first, last] = range(a);
  const auto [begin, end] = range(b);
  return begin < last && first < end;
}

Destination::Destination(PyObject* out, int type, int axes, const npy_intp* shape, PyObject* const* read, int count) {
  if (out && out != Py_None) {
    PyArrayObject* given = checked_out(out, type, axes, shape);
    out_ = py::reinterpret_borrow<py::object>(out);
    const auto shares = [&](PyObject* array) { return share_memory(given, reinterpret_cast<PyArrayObject*>(array)); };
    const bool apart = count != kUnknown && std::none_of(read, read + count, shares);
    if (PyArray_ISCARRAY(given) && apart) {
      place_ = out_;
      return;
    }
  }
  place_ = py::reinterpret_steal<py::object>(new_result(type, axes, shape));
  if (!place_) throw py::error_already_set();
}

py::object Destination::delivered() const {
  if (!out_ || out_.is(place_)) return place_;
  auto *to = reinterpret_cast<PyArrayObject*>(out_.ptr()), *from = reinterpret_cast<PyArrayObject*>(place_.ptr());
  if (PyArray_CopyInto(to, from) != 0) throw py::error_already_set();
  return out_;
}

PyObject* new_number(char holds, int type, const void* at) {
  switch (holds) {
    case 'i':
      return PyLong_FromLongLong(*static_cast<const std::int64_t*>(at));
    case 'b':
      return Py_NewRef(*static_cast<const bool*>(at) ? Py_True : Py_False);
    case 'd':
      return PyFloat_FromDouble(*static_cast<const double*>(at));
    default:
      break;
  }
  PyObject* scalar;
  switch (type) {
    case NPY_DOUBLE:
      scalar = PyArrayScalar_New(Double);
      if (scalar) PyArrayScalar_ASSIGN(scalar, Double, *static_cast<const double*>(at));
      return scalar;
    case NPY_FLOAT:
      scalar = PyArrayScalar_New(Float);
      if (scalar) PyArrayScalar_ASSIGN(scalar, Float, *static_cast<const float*>(at));
      return scalar;
    case NPY_CDOUBLE:
      scalar = PyArrayScalar_New(CDouble);
      if (scalar) std::memcpy(&PyArrayScalar_VAL(scalar, CDouble), at, 16);
      return scalar;
    default:
      scalar = PyArrayScalar_New(CFloat);
      if (scalar) std::memcpy(&PyArrayScalar_VAL(scalar, CFloat), at, 8);
      return scalar;
  }
}

}  // namespace mmlcore::bindings
