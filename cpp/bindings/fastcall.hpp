// The short path for small single problems. pybind11's dispatcher and casters cost several hundred nanoseconds, more than a
// 3 x 3 system; a METH_FASTCALL function that looks into the array object through numpy's C API costs about a hundred with
// its result. Such a function takes only what it understands at a glance (a plain aligned ndarray of float32 or float64 in
// native byte order) and answers NotImplemented to everything else, which then goes the general way with all its checks.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include "border.hpp"
#include "mmlcore/core/views.hpp"
#include "results.hpp"

namespace mmlcore::bindings {

namespace py = pybind11;

inline PyObject* not_implemented() {
  Py_INCREF(Py_NotImplemented);
  return Py_NotImplemented;
}

// A float64 (or float32) ndarray seen without reference counting.
class Glance {
 public:
  explicit Glance(PyObject* object) {
    const auto& api = py::detail::npy_api::get();
    if (Py_TYPE(object) != api.PyArray_Type_) return;
    array_ = py::detail::array_proxy(object);
    const auto* descr = py::detail::array_descriptor_proxy(array_->descr);
    if (!(array_->flags & py::detail::npy_api::NPY_ARRAY_ALIGNED_) || (descr->byteorder != '=' && descr->byteorder != '|'))
      return;
    if (descr->type_num == py::detail::npy_api::NPY_DOUBLE_) size_ = sizeof(double);
    if (descr->type_num == py::detail::npy_api::NPY_FLOAT_) size_ = sizeof(float);
  }
  template <class T>
  bool holds() const {
    return size_ == static_cast<index_t>(sizeof(T));
  }
  int axes() const { return array_->nd; }
  index_t size(int axis) const { return array_->dimensions[axis]; }
  index_t stride(int axis) const { return array_->strides[axis] / size_; }
  template <class T>
  const T* data() const {
    return reinterpret_cast<const T*>(array_->data);
  }
  template <class T>
  MatrixView<const T> matrix() const {
    return {data<T>(), size(0), size(1), stride(0), stride(1)};
  }

 private:
  const py::detail::PyArray_Proxy* array_ = nullptr;
  index_t size_ = 0;  // bytes of an element; 0 for what the short path does not take
};

// A new C-ordered array, dropped again unless it is released; throws when there is no memory.
template <class T>
py::object new_array(int axes, const index_t* shape) {
  PyObject* made = new_result<T>(axes, shape);
  if (!made) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(made);
}

template <class T>
T* array_data(const py::object& array) {
  return reinterpret_cast<T*>(py::detail::array_proxy(array.ptr())->data);
}

// The entry of a method's table; whatever call(args, count) throws is translated.
template <PyObject* (*call)(PyObject* const*, Py_ssize_t)>
PyMethodDef fast_method(const char* name, const char* doc) {
  constexpr auto entry = [](PyObject*, PyObject* const* args, Py_ssize_t count) -> PyObject* {
    return guarded([&] { return call(args, count); });
  };
  PyObject* (*const plain)(PyObject*, PyObject* const*, Py_ssize_t) = entry;
  return {name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(plain)), METH_FASTCALL, doc};
}

}  // namespace mmlcore::bindings
