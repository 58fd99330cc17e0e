// Arrays for results. Large ones come from `core/result_memory.hpp`, by numpy's own way for it: a memory handler (NEP 49),
// set while the array is made and kept by the array, which gives its memory back to it. They own their data as any array.
#pragma once

#include "mmlcore/core/views.hpp"
#include "numpy_api.hpp"

namespace mmlcore::bindings {

// A new C-ordered array of 4 or 8 bytes an element, not initialized; null with the Python error set when there is no memory.
PyObject* new_result(int type, int axes, const npy_intp* shape);

template <class T>
PyObject* new_result(int axes, const npy_intp* shape) {
  return new_result(sizeof(T) == 8 ? NPY_DOUBLE : NPY_FLOAT, axes, shape);
}

}  // namespace mmlcore::bindings
