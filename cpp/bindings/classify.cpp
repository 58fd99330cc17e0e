#include "mmlcore/singular/classify.hpp"

#include <cstddef>
#include <limits>
#include <map>

#include "door.hpp"
#include "mmlcore/core/buffer.hpp"
#include "module.hpp"

namespace mmlcore::bindings::classify_py {
namespace {

// In the order of the bits of MatrixClass.
constexpr const char* kNames[kMatrixClasses] = {
    "zero",       "identity",       "diagonal",          "upper_triangular",      "lower_triangular",
    "symmetric",  "skew_symmetric", "orthogonal",        "permutation",           "idempotent",
    "involutory", "nilpotent",      "positive_definite", "positive_semidefinite", "singular",
    "invertible"};
PyObject* names[kMatrixClasses];  // as Python's strings, for as long as the process lives

py::object named(unsigned classes) {
  auto set = py::reinterpret_steal<py::object>(PyFrozenSet_New(nullptr));
  if (!set) throw py::error_already_set();
  for (int k = 0; k < kMatrixClasses; ++k) {
    if ((classes >> k & 1u) != 0 && PySet_Add(set.ptr(), names[k]) != 0) throw py::error_already_set();
  }
  return set;
}

// A frozenset, or an array of them over the stack, equal ones as one object.
template <class T>
py::object classes(const Call& call) {
  const index_t n = call['n'], count = call.count();
  if (n < 1 || n > kClassifyOrder) return {};
  const auto stack = call.stack<T>(0);
  const double rtol = static_cast<double>(n) * std::numeric_limits<T>::epsilon();
  Buffer<unsigned> found(count);
  const bool fine = apart(20.0 * static_cast<double>(count * n * n) * static_cast<double>(n + 8), [&] {
    return each_item(call, 20 * n * n * (n + 8), [&](index_t i) { return classify<T>(stack[i], rtol, &found[i]); });
  });
  if (!fine) return {};
  if (call.axes() == 0) return named(found[0]);
  const auto shape = call.shape({});
  auto array = py::reinterpret_steal<py::object>(PyArray_SimpleNew(call.axes(), shape.data(), NPY_OBJECT));
  if (!array) throw py::error_already_set();
  auto** const to = static_cast<PyObject**>(PyArray_DATA(reinterpret_cast<PyArrayObject*>(array.ptr())));
  std::map<unsigned, py::object> sets;
  for (index_t i = 0; i < count; ++i) {
    py::object& set = sets[found[i]];
    if (!set) set = named(found[i]);
    Py_XSETREF(to[i], Py_NewRef(set.ptr()));
  }
  return array;
}

const DoorRow rows[] = {
    {"classify", Signature("(n,n)->"), "matrix", "rtol", {}, {.makes = {classes<double>, classes<float>}}},
};

}  // namespace

void bind(py::module_& m) {
  for (int k = 0; k < kMatrixClasses; ++k) {
    names[k] = PyUnicode_InternFromString(kNames[k]);
    if (!names[k]) throw py::error_already_set();
  }
  add_doors(m, rows);
}

}  // namespace mmlcore::bindings::classify_py
