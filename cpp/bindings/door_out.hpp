// `out=`: whether the array given is one that a result may go to.
#pragma once

#include "numpy_api.hpp"

namespace mmlcore::bindings {

// The array; an error that says what came and what was needed if it is none, or of another type or shape, or read-only.
PyArrayObject* checked_out(PyObject* out, int type, int axes, const npy_intp* shape);

// Whether two arrays may share memory, by their first and last bytes.
bool share_memory(PyArrayObject* a, PyArrayObject* b);

// A new number of numpy's of this type, or of Python's where the letter `holds` of a signature says so.
PyObject* new_number(char holds, int type, const void* at);

}  // namespace mmlcore::bindings
