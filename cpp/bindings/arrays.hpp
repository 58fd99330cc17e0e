// numpy arrays to views and back. Python has validated dtypes and shapes (python/mmlcore/core/arrays.py); what is checked
// here again is only what would crash.
#pragma once

#include <pybind11/complex.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <complex>
#include <string>
#include <utility>
#include <vector>

#include "border.hpp"
#include "mmlcore/core/errors.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore::bindings {

namespace py = pybind11;

// The strides of `array` in elements. The Python layer hands over aligned arrays in native byte order only.
template <class T>
index_t element_stride(const py::array& array, py::ssize_t axis) {
  return array.strides(axis) / static_cast<py::ssize_t>(sizeof(T));
}

// Whether numbers lie where views can take them from.
inline bool in_elements(const py::array& a) {
  bool fine = (a.flags() & py::detail::npy_api::NPY_ARRAY_ALIGNED_) != 0;
  for (py::ssize_t axis = 0; axis < a.ndim(); ++axis) fine &= a.strides(axis) % a.itemsize() == 0;
  return fine;
}

// Nearly always the type object itself; arrays from other processes may carry an equal one of their own.
template <class T>
bool holds(const py::array& array) {
  const py::dtype wanted = py::dtype::of<T>();
  return array.dtype().is(wanted) || array.dtype().equal(wanted);
}

template <class T>
void require(const py::array& array, py::ssize_t least_axes, const char* name) {
  if (!holds<std::remove_const_t<T>>(array) || array.ndim() < least_axes) {
    throw py::type_error(std::string(name) + ": an internal call came with the wrong dtype or number of axes");
  }
}

// Compilers turn loops into vector code that counts on it.
inline void require_alignment(const py::array& array) {
  if (!(array.flags() & py::detail::npy_api::NPY_ARRAY_ALIGNED_))
    throw py::type_error("an internal call came with an array that is not aligned");
}

template <class T>
T* data_of(const py::array& array) {
  require_alignment(array);
  if constexpr (std::is_const_v<T>) {
    return static_cast<T*>(array.data());
  } else {
    return static_cast<T*>(const_cast<py::array&>(array).mutable_data());  // throws on a read-only array
  }
}

template <class T>
VectorView<T> vector_view(const py::array& array, const char* name) {
  require<T>(array, 1, name);
  return {data_of<T>(array), array.shape(0), element_stride<T>(array, 0)};
}

template <class T>
MatrixView<T> matrix_view(const py::array& array, const char* name) {
  require<T>(array, 2, name);
  return {data_of<T>(array), array.shape(0), array.shape(1), element_stride<T>(array, 0), element_stride<T>(array, 1)};
}

// A stack of matrices: the last two axes are the matrix, the leading ones the batch.
template <class T>
MatrixBatch<T> matrix_batch(const py::array& array, const char* name) {
  require<T>(array, 2, name);
  const py::ssize_t n = array.ndim();
  MatrixBatch<T> result{{data_of<T>(array), array.shape(n - 2), array.shape(n - 1), element_stride<T>(array, n - 2),
                         element_stride<T>(array, n - 1)},
                        {}};
  if (n - 2 > kMaxBatchAxes) throw DomainError(std::string(name) + ": more than 32 leading axes");
  for (py::ssize_t axis = 0; axis < n - 2; ++axis) result.batch.push(array.shape(axis), element_stride<T>(array, axis));
  return result;
}

// Calls f with a value of the element type of `array`: the one place where a dtype becomes a template argument.
template <class F>
auto by_dtype(const py::array& array, F&& f) {
  if (holds<double>(array)) return f(double{});
  if (holds<float>(array)) return f(float{});
  throw py::type_error("an internal call came with a dtype other than float32 and float64");
}

// The same for real and complex elements.
template <class F>
auto by_number(const py::array& array, F&& f) {
  if (holds<std::complex<double>>(array)) return f(std::complex<double>{});
  if (holds<std::complex<float>>(array)) return f(std::complex<float>{});
  return by_dtype(array, std::forward<F>(f));
}

}  // namespace mmlcore::bindings
