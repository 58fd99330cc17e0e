#include "captured.hpp"

#include <pybind11/gil_safe_call_once.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <vector>

#include "border.hpp"
#include "door_call.hpp"
#include "mmlcore/core/checksum.hpp"
#include "module.hpp"
#include "numpy_api.hpp"

namespace mmlcore::bindings {
namespace {

constexpr std::size_t kLater = 128 << 10;  // bytes of one that may be looked at while it is worked with
constexpr npy_intp kSmall = 2048;          // bytes of an array that is compared as it is
constexpr std::size_t kMost = 64;          // things that are looked at; of more, Python does
constexpr int kDeep = 12;                  // how far they may lie within each other

// Libraries whose modules and functions do not change.
constexpr const char* kStable[] = {"mmlcore",  "numpy",    "scipy",     "math",     "cmath",
                                   "builtins", "operator", "functools", "itertools"};

struct Unknown {};  // thrown where Python has to look

py::object own(PyObject* made) {
  if (!made) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(made);
}

py::object attribute(PyObject* x, const char* name) { return own(PyObject_GetAttrString(x, name)); }

// What a dictionary has for a key; null where it has nothing.
py::object find(PyObject* dict, PyObject* key) {
  PyObject* found = PyDict_GetItemWithError(dict, key);
  if (!found && PyErr_Occurred()) throw py::error_already_set();
  return py::reinterpret_borrow<py::object>(found);
}

bool is_stable(PyObject* name) {
  if (!name || !PyUnicode_Check(name)) return false;
  const char* text = PyUnicode_AsUTF8(name);
  if (!text) return PyErr_Clear(), false;
  return std::any_of(std::begin(kStable), std::end(kStable), [text](const char* stable) {
    if (*stable != *text) return false;
    const std::size_t length = std::strlen(stable);
    return std::strncmp(stable, text, length) == 0 && (text[length] == '.' || text[length] == 0);
  });
}

// What does not change while it is the same object: types are asked for once.
struct Types {
  PyTypeObject *ufunc, *partial, *function, *door;
};
const Types& types() {
  // Importing may let another thread run, which must not wait here with the lock.
  PYBIND11_CONSTINIT static py::gil_safe_call_once_and_store<Types> kept;
  return kept
      .call_once_and_store_result([] {
        const auto type = [](const char* module, const char* name) {
          return reinterpret_cast<PyTypeObject*>(attribute(py::module_::import(module).ptr(), name).release().ptr());
        };
        return Types{type("numpy", "ufunc"), type("functools", "partial"), type("mmlcore.calculus._function", "Function"),
                     door_type()};
      })
      .get_stored();
}

// The names of globals that a body, and the functions within it, may read.
void add_names(PyObject* code, py::list& names) {
  const py::object own_names = attribute(code, "co_names"), constants = attribute(code, "co_consts");
  for (const py::handle name : py::tuple(own_names)) {
    if (PySequence_Contains(names.ptr(), name.ptr()) == 0) names.append(name);
  }
  for (const py::handle x : py::tuple(constants)) {
    if (PyCode_Check(x.ptr())) add_names(x.ptr(), names);
  }
}

// Goes through what a function reads, in a fixed order, and either writes it down or compares it with what was written.
// Before each thing stands its type, so that no two states are written alike.
class Walk {
 public:
  explicit Walk(PyObject* record, Later* later = nullptr)
      : record_(record), later_(later), size_(record ? PyTuple_GET_SIZE(record) : 0) {
    held_.reserve(16);
    if (!record) list_ = own(PyList_New(0));
  }

  // False as soon as something differs.
  bool read(PyObject* x, int depth) {
    PyTypeObject* const kind = Py_TYPE(x);
    if (!same(reinterpret_cast<PyObject*>(kind))) return false;
    if (x == Py_None || x == Py_Ellipsis || kind == &PyBool_Type || PyCode_Check(x) || kind == types().ufunc ||
        kind == types().function || kind == types().door || PyCFunction_CheckExact(x))
      return same(x);
    if (kind == &PyLong_Type || kind == &PyUnicode_Type || kind == &PyBytes_Type) return equal(x);
    if (kind == &PyFloat_Type || kind == &PyDoubleArrType_Type) return number(x);
    if (PyModule_CheckExact(x)) {
      if (record_) return same(x);  // it was stable when it was written down
      const py::object name = own(PyModule_GetNameObject(x));
      return is_stable(name.ptr()) ? same(x) : throw Unknown{};
    }
    for (std::size_t i = 0; i < met_; ++i) {
      if (seen_[i] == x) return same(Py_NotImplemented) && count(static_cast<Py_ssize_t>(i));
    }
    if (met_ >= kMost || depth > kDeep) throw Unknown{};
    seen_[met_++] = x;
    if (PyFunction_Check(x)) return function(x, depth);
    if (PyArray_CheckExact(x)) return array(reinterpret_cast<PyArrayObject*>(x));
    if (kind == &PyTuple_Type || kind == &PyList_Type) return items(x, depth);
    if (kind == &PyDict_Type) return entries(x, depth);
    if (kind == types().partial) {
      for (const char* part : {"func", "args", "keywords"}) {
        held_.push_back(attribute(x, part));
        if (!read(held_.back().ptr(), depth + 1)) return false;
      }
      return true;
    }
    throw Unknown{};
  }

  bool ended() const { return at_ == size_; }
  PyObject* result() { return PyList_AsTuple(list_.ptr()); }

 private:
  // The next thing of the record, or null where one is being written.
  PyObject* next() { return at_ < size_ ? PyTuple_GET_ITEM(record_, at_++) : nullptr; }
  bool keep(PyObject* x) {
    if (PyList_Append(list_.ptr(), x) < 0) throw py::error_already_set();
    return true;
  }
  bool same(PyObject* x) { return record_ ? next() == x : keep(x); }
  bool equal(PyObject* x) {
    if (!record_) return keep(x);
    PyObject* const before = next();
    if (before == x) return true;
    if (!before || Py_TYPE(before) != Py_TYPE(x)) return false;
    const int found = PyObject_RichCompareBool(before, x, Py_EQ);
    if (found < 0) throw py::error_already_set();
    return found == 1;
  }
  // By its bits: the sign of zero counts, and no number is one like another.
  bool number(PyObject* x) {
    if (!record_) return keep(x);
    PyObject* const before = next();
    if (before == x) return true;
    if (!before || Py_TYPE(before) != Py_TYPE(x)) return false;
    return std::bit_cast<std::uint64_t>(PyFloat_AS_DOUBLE(before)) == std::bit_cast<std::uint64_t>(PyFloat_AS_DOUBLE(x));
  }
  bool count(Py_ssize_t n) { return equal(own(PyLong_FromSsize_t(n)).ptr()); }
  bool bytes(const char* data, Py_ssize_t size) {
    if (!record_) return keep(own(PyBytes_FromStringAndSize(data, size)).ptr());
    PyObject* const before = next();
    return before && PyBytes_CheckExact(before) && PyBytes_GET_SIZE(before) == size &&
           std::memcmp(PyBytes_AS_STRING(before), data, static_cast<std::size_t>(size)) == 0;
  }

  bool array(PyArrayObject* x) {
    PyArray_Descr* const type = PyArray_DESCR(x);
    if (PyDataType_REFCHK(type)) throw Unknown{};
    if (!equal_types(type) || !count(PyArray_NDIM(x))) return false;
    if (!bytes(reinterpret_cast<const char*>(PyArray_DIMS(x)), PyArray_NDIM(x) * static_cast<Py_ssize_t>(sizeof(npy_intp))))
      return false;
    const py::object rows = own(reinterpret_cast<PyObject*>(PyArray_GETCONTIGUOUS(x)));
    auto* const in_order = reinterpret_cast<PyArrayObject*>(rows.ptr());
    const auto size = static_cast<std::size_t>(PyArray_NBYTES(in_order));
    const char* data = static_cast<const char*>(PyArray_DATA(in_order));
    if (size <= kSmall) return bytes(data, static_cast<Py_ssize_t>(size));
    if (record_ && later_ && size >= kLater && rows.ptr() == reinterpret_cast<PyObject*>(x) &&
        PyArray_DESCR(x)->type_num == NPY_DOUBLE && PyArray_ISCARRAY_RO(x)) {
      PyObject* const before = next();
      if (!before || !PyLong_CheckExact(before)) return false;
      const std::uint64_t sum = PyLong_AsUnsignedLongLong(before);
      if (PyErr_Occurred()) throw py::error_already_set();
      later_->held.push_back(rows);
      later_->arrays.push_back({data, static_cast<index_t>(size), sum});
      return true;
    }
    return equal(own(PyLong_FromUnsignedLongLong(checksum(data, size))).ptr());
  }
  bool equal_types(PyArray_Descr* type) {
    PyObject* const x = reinterpret_cast<PyObject*>(type);
    if (!record_) return keep(x);
    PyObject* const before = next();
    if (before == x) return true;
    return before && PyArray_DescrCheck(before) && PyArray_EquivTypes(reinterpret_cast<PyArray_Descr*>(before), type);
  }

  bool items(PyObject* x, int depth) {
    const Py_ssize_t size = PySequence_Fast_GET_SIZE(x);
    if (!count(size)) return false;
    for (Py_ssize_t i = 0; i < size; ++i) {
      if (i >= PySequence_Fast_GET_SIZE(x)) throw Unknown{};
      held_.push_back(py::reinterpret_borrow<py::object>(PySequence_Fast_GET_ITEM(x, i)));
      if (!read(held_.back().ptr(), depth + 1)) return false;
    }
    return true;
  }
  bool entries(PyObject* x, int depth) {
    const py::object pairs = own(PyDict_Items(x));
    held_.push_back(pairs);
    const Py_ssize_t size = PyList_GET_SIZE(pairs.ptr());
    if (!count(size)) return false;
    for (Py_ssize_t i = 0; i < size; ++i) {
      PyObject* const pair = PyList_GET_ITEM(pairs.ptr(), i);
      if (!read(PyTuple_GET_ITEM(pair, 0), depth + 1) || !read(PyTuple_GET_ITEM(pair, 1), depth + 1)) return false;
    }
    return true;
  }

  bool function(PyObject* f, int depth) {
    PyObject* const code = PyFunction_GET_CODE(f);
    if (!same(code)) return false;
    const bool steady = is_stable(PyFunction_GET_MODULE(f));
    if (!steady) {
      for (PyObject* given : {PyFunction_GET_DEFAULTS(f), PyFunction_GET_KW_DEFAULTS(f)}) {
        if (given && given != Py_None && !read(given, depth + 1)) return false;
      }
    }
    if (PyObject* const cells = PyFunction_GET_CLOSURE(f); cells && cells != Py_None) {
      for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(cells); ++i) {
        PyObject* const content = PyCell_Get(PyTuple_GET_ITEM(cells, i));
        held_.push_back(py::reinterpret_steal<py::object>(content));
        if (content ? !read(content, depth + 1) : !same(Py_NotImplemented)) return false;
      }
    }
    if (steady) return true;
    PyObject* const dict = reinterpret_cast<PyFunctionObject*>(f)->func_dict;
    if (dict && PyDict_GET_SIZE(dict) > 0) throw Unknown{};
    PyObject* const names = names_read(code);
    if (!names) return false;
    PyObject* const around = PyFunction_GET_GLOBALS(f);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); ++i) {
      PyObject* const name = PyTuple_GET_ITEM(names, i);
      const py::object value = find(around, name);
      if (!value) continue;
      held_.push_back(value);
      if (!same(name) || !read(value.ptr(), depth + 1)) return false;
    }
    return true;
  }

  // The names that a body reads: they stand in the record, beside the body.
  PyObject* names_read(PyObject* code) {
    if (record_) {
      PyObject* const names = next();
      return names && PyTuple_CheckExact(names) ? names : nullptr;
    }
    py::list names;
    add_names(code, names);
    held_.push_back(py::tuple(names));
    keep(held_.back().ptr());
    return held_.back().ptr();
  }

  PyObject* const record_;
  Later* const later_;
  const Py_ssize_t size_;
  Py_ssize_t at_ = 0;
  py::object list_;
  PyObject* seen_[kMost];
  std::size_t met_ = 0;
  std::vector<py::object> held_;  // alive while their addresses are compared
};

}  // namespace

PyTypeObject* function_type() { return types().function; }

PyObject* record_of(PyObject* f) {
  return guarded([&]() -> PyObject* {
    try {
      Walk walk(nullptr);
      walk.read(f, 0);
      return walk.result();
    } catch (const Unknown&) {
      return Py_NewRef(Py_None);
    }
  });
}

bool Later::unchanged() const {
  return std::all_of(arrays.begin(), arrays.end(), [](const calculus::Program::Live& x) {
    return checksum(x.data, static_cast<std::size_t>(x.bytes)) == x.sum;
  });
}

Same compare(PyObject* f, PyObject* record, Later* later) {
  if (!PyTuple_CheckExact(record)) return Same::unknown;
  try {
    Walk walk(record, later);
    return walk.read(f, 0) && walk.ended() ? Same::yes : Same::no;
  } catch (const Unknown&) {
    return Same::unknown;
  }
}

}  // namespace mmlcore::bindings
