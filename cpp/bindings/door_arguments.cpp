#include "door_arguments.hpp"

#include <algorithm>

#include "door_call.hpp"
#include "results.hpp"

namespace mmlcore::bindings {

namespace py = pybind11;

namespace {

// Nothing for what numpy does not read as numbers.
py::object converted(PyObject* given) {
  py::object array;
  if (PyArray_CheckExact(given)) {
    array = py::reinterpret_borrow<py::object>(given);
  } else if (PyList_CheckExact(given) || PyTuple_CheckExact(given)) {
    array = py::reinterpret_steal<py::object>(PyArray_FromAny(given, nullptr, 0, 0, 0, nullptr));
    if (!array) {
      if (!PyErr_ExceptionMatches(PyExc_Exception)) throw py::error_already_set();  // such as Ctrl-C in a long list
      PyErr_Clear();                                                                // the Python function says why
      return {};
    }
  } else {
    return {};
  }
  auto* from = reinterpret_cast<PyArrayObject*>(array.ptr());
  const int type = PyArray_TYPE(from);
  const bool number = PyTypeNum_ISBOOL(type) || PyTypeNum_ISINTEGER(type) || type == NPY_HALF || type == NPY_FLOAT;
  if (!number && type != NPY_DOUBLE) return {};
  PyObject* made = as_type(from, type == NPY_FLOAT ? NPY_FLOAT : NPY_DOUBLE);
  if (!made) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(made);
}

// An array without axes; nothing for an integer beyond float64.
py::object array_of_number(PyObject* number, int type) {
  const double value = PyFloat_CheckExact(number) ? PyFloat_AS_DOUBLE(number) : PyLong_AsDouble(number);
  if (value == -1 && PyErr_Occurred()) {
    PyErr_Clear();
    return {};
  }
  auto made = py::reinterpret_steal<py::object>(PyArray_SimpleNew(0, nullptr, type));
  if (!made) throw py::error_already_set();
  void* const data = PyArray_DATA(reinterpret_cast<PyArrayObject*>(made.ptr()));
  if (type == NPY_FLOAT) {
    *static_cast<float*>(data) = static_cast<float>(value);
  } else {
    *static_cast<double*>(data) = value;
  }
  return made;
}

}  // namespace

PyObject* helper(std::atomic<PyObject*>& kept, const char* name) {
  if (!kept) kept = py::object(py::module_::import("mmlcore.core.door").attr(name)).release().ptr();
  return kept;
}

bool all_plain(PyObject* const* given, int count, bool complex) {
  const int type = plain_type(given[0], complex);
  bool same = type >= 0;
  for (int i = 1; i < count && same; ++i) same = plain_type(given[i], complex) == type;
  return same;
}

bool any_complex(PyObject* const* given, int count) {
  return std::any_of(given, given + count, [](PyObject* one) {
    return PyArray_Check(one) && PyTypeNum_ISCOMPLEX(PyArray_TYPE(reinterpret_cast<PyArrayObject*>(one)));
  });
}

bool of_bytes(PyObject* given, int few) {
  if (!PyArray_Check(given)) return false;
  auto* const array = reinterpret_cast<PyArrayObject*>(given);
  const int type = PyArray_TYPE(array);
  return (type == NPY_UINT8 || type == NPY_BOOL) && PyArray_SIZE(array) > few;
}

bool all_converted(PyObject** given, int count, py::object* kept) {
  int type = -1;  // of the arrays; numbers follow
  bool is_number[kMostParts];
  for (int i = 0; i < count; ++i) {
    is_number[i] = PyFloat_CheckExact(given[i]) || PyLong_CheckExact(given[i]);
    if (is_number[i]) continue;
    int own = plain_type(given[i]);
    if (own < 0) {
      kept[i] = converted(given[i]);
      if (!kept[i]) return false;
      own = plain_type(kept[i].ptr());
    }
    if (type != NPY_DOUBLE) type = own;
  }
  if (type < 0) type = NPY_DOUBLE;
  for (int i = 0; i < count; ++i) {
    if (is_number[i]) {
      kept[i] = array_of_number(given[i], type);
      if (!kept[i]) return false;
    } else if (PyObject* const here = kept[i] ? kept[i].ptr() : given[i]; plain_type(here) != type) {
      kept[i] = py::reinterpret_steal<py::object>(as_type(reinterpret_cast<PyArrayObject*>(here), type));
      if (!kept[i]) throw py::error_already_set();
    }
  }
  for (int i = 0; i < count; ++i) {
    if (kept[i]) given[i] = kept[i].ptr();
  }
  return true;
}

bool all_widened(PyObject** given, int count, py::object* kept) {
  const int type = plain_type(given[0], true);
  if (type < 0) return false;
  for (int i = 1; i < count; ++i) {
    if (plain_type(given[i], true) == type) continue;
    if (!PyArray_CheckExact(given[i])) return false;
    auto* const from = reinterpret_cast<PyArrayObject*>(given[i]);
    const int own = PyArray_TYPE(from);
    const bool real =
        PyTypeNum_ISBOOL(own) || PyTypeNum_ISINTEGER(own) || own == NPY_HALF || own == NPY_DOUBLE || own == NPY_CFLOAT;
    if (own != NPY_FLOAT && !(type == NPY_CDOUBLE && real)) return false;
    kept[i] = py::reinterpret_steal<py::object>(as_type(from, type));
    if (!kept[i]) throw py::error_already_set();
  }
  for (int i = 1; i < count; ++i) {
    if (kept[i]) given[i] = kept[i].ptr();
  }
  return true;
}

bool each_converted(PyObject** given, int count, py::object* kept) {
  for (int i = 0; i < count; ++i) {
    if (plain_type(given[i]) >= 0) continue;
    kept[i] = converted(given[i]);
    if (!kept[i]) return false;
    given[i] = kept[i].ptr();
  }
  return true;
}

bool speaks_for_itself(PyObject* given) { return PyTuple_Check(given) && !PyTuple_CheckExact(given); }

py::object made_plain(const std::vector<PyObject*>& names, PyObject** given, int count) {
  auto all = py::reinterpret_steal<py::object>(PyTuple_New(count));
  auto values = py::reinterpret_steal<py::object>(PyTuple_New(count));
  if (!all || !values) throw py::error_already_set();
  for (int i = 0; i < count; ++i) {
    PyTuple_SET_ITEM(all.ptr(), i, Py_NewRef(names[static_cast<std::size_t>(i)]));
    PyTuple_SET_ITEM(values.ptr(), i, Py_NewRef(given[i]));
  }
  static std::atomic<PyObject*> plain;
  auto made = py::reinterpret_steal<py::object>(
      PyObject_CallFunctionObjArgs(helper(plain, "plain"), values.ptr(), all.ptr(), nullptr));
  if (!made) throw py::error_already_set();
  if (!made.is_none()) {
    for (int i = 0; i < count; ++i) given[i] = PyTuple_GET_ITEM(made.ptr(), i);
  }
  return made;
}

}  // namespace mmlcore::bindings
