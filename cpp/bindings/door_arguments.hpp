// Arguments that are not plain yet (door.hpp): how lists, other types, numbers and foreign arrays become plain arrays.
#pragma once

#include <pybind11/pybind11.h>

#include <atomic>
#include <vector>

namespace mmlcore::bindings {

// A function of mmlcore.core.door, found once. Two threads may both find it: no lock is held while Python imports.
PyObject* helper(std::atomic<PyObject*>& kept, const char* name);

bool all_plain(PyObject* const* given, int count, bool complex);
bool any_complex(PyObject* const* given, int count);
bool of_bytes(PyObject* given, int few);  // more than a few
// A named tuple, such as a metric that was checked before, is no list of numbers.
bool speaks_for_itself(PyObject* given);

// Puts arrays of float32 or float64, of one type, into the place of lists, tuples, and arrays of integers, bools, other
// floats, or in memory that is not aligned; and arrays without axes, of the type of the others, into that of Python's
// numbers. They live in `kept`. False where one of the arguments is anything else.
bool all_converted(PyObject** given, int count, pybind11::object* kept);

// Puts complex arrays of the first one's type into the place of real ones and of arrays of lower precision. False where one
// of the arguments is anything else.
bool all_widened(PyObject** given, int count, pybind11::object* kept);

// As `all_converted`, for arguments that keep their types; there are no numbers among them.
bool each_converted(PyObject** given, int count, pybind11::object* kept);

// Puts arrays of one type into the place of numbers and foreign arrays; they live as long as what is returned. Those that
// cannot become arrays stay: the Python function says why.
pybind11::object made_plain(const std::vector<PyObject*>& names, PyObject** given, int count);

}  // namespace mmlcore::bindings
