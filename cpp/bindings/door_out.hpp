// `out=`: whether the array given is one that a result may go to.
#pragma once

#include <pybind11/pybind11.h>

#include "numpy_api.hpp"

namespace mmlcore::bindings {

// The array; an error that says what came and what was needed if it is none, or of another type or shape, or read-only.
PyArrayObject* checked_out(PyObject* out, int type, int axes, const npy_intp* shape);

// Whether two arrays may share memory, by their first and last bytes.
bool share_memory(PyArrayObject* a, PyArrayObject* b);

// Where a kernel writes a result: `out` itself where that is an array without gaps that shares no memory with what the
// kernel reads, else a new array, which `delivered` copies into `out` if there is one. Null and None are no `out`.
class Destination {
 public:
  Destination(PyObject* out, int type, int axes, const npy_intp* shape, PyObject* const* read, int count);
  static constexpr int kUnknown = -1;  // in place of a count: nobody knows what the kernel reads
  void* data() const { return PyArray_DATA(reinterpret_cast<PyArrayObject*>(place_.ptr())); }
  pybind11::object delivered() const;

 private:
  pybind11::object out_, place_;
};

// A new number of numpy's of this type, or of Python's where the letter `holds` of a signature says so.
PyObject* new_number(char holds, int type, const void* at);

}  // namespace mmlcore::bindings
