// Programs of traced functions, called with plain arrays and without Python in between.
#pragma once

#include <pybind11/pybind11.h>

#include "captured.hpp"

namespace mmlcore::bindings {

// The answer of a program to arrays; `entry` as a Function keeps it: (program, capsule, shape, shapes of the arguments). A
// new reference to NotImplemented where Python has to see to the call. Arrays in `later` are compared on the way. The result
// goes to `out`, if that is given and not None.
PyObject* call_entry(PyObject* entry, PyObject* const* given, Py_ssize_t count, Later* later = nullptr,
                     PyObject* out = nullptr);

// A new reference to what a dictionary has for a key; null, without an error, where it has nothing.
pybind11::object found_in(PyObject* dict, PyObject* key);

// Traces by the address of a function: (reference to it, {form of its arguments: (record, programs, function)}).
PyObject* traces();

// What is kept of f for arguments of that form: (record, programs, function); null where it was not traced, or where `read`,
// which is f or a tuple of it and others, reads other things now.
pybind11::object traced_before(PyObject* f, PyObject* form, PyObject* read, Later* later = nullptr);

}  // namespace mmlcore::bindings
