// Arrays for results. Large ones come from `core/result_memory.hpp`, by numpy's own way for it: a memory handler (NEP 49),
// set while the array is made and kept by the array, which gives its memory back to it. They own their data as any array.
#pragma once

#include <pybind11/pybind11.h>

#include <complex>
#include <cstdint>
#include <vector>

#include "mmlcore/core/views.hpp"
#include "numpy_api.hpp"

namespace mmlcore::bindings {

// A new C-ordered array of real or complex numbers or integers, not initialized; null with the Python error set when there
// is no memory.
PyObject* new_result(int type, int axes, const npy_intp* shape);

// The numbers of an array as float32, float64 or complex ones (NPY_FLOAT, NPY_DOUBLE and so on), in a new array without
// gaps, in the order in which they lie; null with the error set.
PyObject* as_type(PyArrayObject* from, int type);

template <class T>
PyObject* new_result(int axes, const npy_intp* shape) {
  return new_result(sizeof(T) == 8 ? NPY_DOUBLE : NPY_FLOAT, axes, shape);
}

template <class T>
inline constexpr int kTypeNumber = NPY_NOTYPE;
template <>
inline constexpr int kTypeNumber<float> = NPY_FLOAT;
template <>
inline constexpr int kTypeNumber<double> = NPY_DOUBLE;
template <>
inline constexpr int kTypeNumber<std::int64_t> = NPY_INT64;
template <>
inline constexpr int kTypeNumber<std::complex<float>> = NPY_CFLOAT;
template <>
inline constexpr int kTypeNumber<std::complex<double>> = NPY_CDOUBLE;

// Such an array, and where its numbers lie.
template <class T>
struct NewArray {
  explicit NewArray(const std::vector<npy_intp>& shape)
      : array(pybind11::reinterpret_steal<pybind11::object>(
            new_result(kTypeNumber<T>, static_cast<int>(shape.size()), shape.data()))) {
    if (!array) throw pybind11::error_already_set();
    data = static_cast<T*>(PyArray_DATA(reinterpret_cast<PyArrayObject*>(array.ptr())));
  }
  pybind11::object array;
  T* data = nullptr;
};

}  // namespace mmlcore::bindings
