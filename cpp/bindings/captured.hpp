// What a function reads from around it, in the form in which two states of it are compared: see
// mmlcore/calculus/captured.py, which does the same for all that Python knows. Here is what most functions read: numbers,
// arrays, functions, modules of numpy and its like, and tuples, lists, dictionaries and partials of these.
#pragma once

#include <pybind11/pybind11.h>

#include <vector>

#include "mmlcore/calculus/program.hpp"

namespace mmlcore::bindings {

// Whether a function reads the same as when `record` was made; `unknown` where Python has to look.
enum class Same { no, yes, unknown };

// Large arrays that are still to be compared, when everything else is the same: a program that reads their numbers anyway
// looks at them on the way.
struct Later {
  std::vector<pybind11::object> held;
  std::vector<calculus::Program::Live> arrays;

  bool unchanged() const;  // those of the list
};

PyTypeObject* function_type();  // mmlcore.Function

// A new reference to the record of f, a tuple; to None where Python has to look; null with the error set.
PyObject* record_of(PyObject* f);
Same compare(PyObject* f, PyObject* record, Later* later = nullptr);

}  // namespace mmlcore::bindings
