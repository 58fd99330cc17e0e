// `out=`: whether the array given is one that a result may go to.
#pragma once

#include "numpy_api.hpp"

namespace mmlcore::bindings {

// The array; an error that says what came and what was needed if it is none, or of another type or shape, or read-only.
PyArrayObject* checked_out(PyObject* out, int type, int axes, const npy_intp* shape);

// Whether two arrays may share memory, by their first and last bytes.
bool share_memory(PyArrayObject* a, PyArrayObject* b);

}  // namespace mmlcore::bindings
