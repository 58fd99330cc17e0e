// What a function reads from around it, in the form in which two states of it are compared: see
// mmlcore/calculus/captured.py, which does the same for all that Python knows. Here is what most functions read: numbers,
// arrays, functions, modules of numpy and its like, and tuples, lists, dictionaries and partials of these.
#pragma once

#include <pybind11/pybind11.h>

namespace mmlcore::bindings {

// Whether a function reads the same as when `record` was made; `unknown` where Python has to look.
enum class Same { no, yes, unknown };

// A new reference to the record of f, a tuple; to None where Python has to look; null with the error set.
PyObject* record_of(PyObject* f);
Same compare(PyObject* f, PyObject* record);

}  // namespace mmlcore::bindings
