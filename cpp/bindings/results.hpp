// Arrays for results. Large ones come from `core/result_memory.hpp`, by numpy's own way for it: a memory handler (NEP 49),
// set while the array is made and kept by the array, which gives its memory back to it. They own their data as any array.
#pragma once

#include <pybind11/numpy.h>

#include "mmlcore/core/views.hpp"

namespace mmlcore::bindings {

// A new C-ordered array of float64 or float32, not initialized; null with the Python error set when there is no memory.
PyObject* new_result(int type, int axes, const Py_intptr_t* shape, index_t bytes);

template <class T>
PyObject* new_result(int axes, const Py_intptr_t* shape) {
  constexpr int type = sizeof(T) == 8 ? pybind11::detail::npy_api::NPY_DOUBLE_ : pybind11::detail::npy_api::NPY_FLOAT_;
  index_t bytes = sizeof(T);
  for (int i = 0; i < axes; ++i) bytes *= shape[i];
  return new_result(type, axes, shape, bytes);
}

}  // namespace mmlcore::bindings
