#include "results.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/convert.hpp"
#include "mmlcore/core/errors.hpp"
#include "mmlcore/core/result_memory.hpp"
#include "module.hpp"

namespace mmlcore::bindings {

namespace py = pybind11;

namespace {

// numpy does not say how large a block was when it resizes an array: this one keeps it before the data.
constexpr std::size_t kHeader = 64;

void* take(void*, std::size_t bytes) {
  char* data = static_cast<char*>(take_result(bytes + kHeader));
  if (!data) return nullptr;
  std::memcpy(data, &bytes, sizeof bytes);
  return data + kHeader;
}

void* take_zeros(void*, std::size_t count, std::size_t size) {
  void* data = take(nullptr, count * size);
  if (data) std::memset(data, 0, count * size);
  return data;
}

std::size_t size_of(const void* data) {
  std::size_t bytes;
  std::memcpy(&bytes, static_cast<const char*>(data) - kHeader, sizeof bytes);
  return bytes;
}

void give(void*, void* data, std::size_t) {
  if (data) give_result(static_cast<char*>(data) - kHeader, size_of(data) + kHeader);
}

void* resize(void*, void* old, std::size_t bytes) {
  void* data = take(nullptr, bytes);
  if (data && old) {
    std::memcpy(data, old, std::min(bytes, size_of(old)));
    give(nullptr, old, 0);
  }
  return data;
}

PyDataMem_Handler handler = {"mmlcore_results", 1, {nullptr, take, take_zeros, resize, give}};
PyObject* capsule = nullptr;

py::object empty(const py::tuple& shape, bool single) {
  std::vector<npy_intp> sizes;
  for (const py::handle n : shape) sizes.push_back(n.cast<npy_intp>());
  if (sizes.size() > 32) throw DomainError("an internal call came with more than 32 axes");
  const int axes = static_cast<int>(sizes.size());
  PyObject* made = single ? new_result<float>(axes, sizes.data()) : new_result<double>(axes, sizes.data());
  if (!made) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(made);
}

// make() with large arrays' memory from us.
template <class Make>
PyObject* in_own_memory(index_t bytes, Make&& make) {
  if (bytes < static_cast<index_t>(kLeastKept)) return make();
  PyObject* before = PyDataMem_SetHandler(capsule);
  if (!before) return nullptr;
  PyObject* made = make();
  PyObject* own = made ? PyDataMem_SetHandler(before) : nullptr;
  if (!made) {  // numpy's error stays the one that is set
    PyObject *kind, *value, *trace;
    PyErr_Fetch(&kind, &value, &trace);
    own = PyDataMem_SetHandler(before);
    PyErr_Restore(kind, value, trace);
  }
  Py_XDECREF(own);
  Py_DECREF(before);
  return made;
}

}  // namespace

PyObject* new_result(int type, int axes, const npy_intp* shape) {
  index_t bytes = type == NPY_FLOAT ? 4 : type == NPY_CDOUBLE ? 16 : 8;
  for (int i = 0; i < axes; ++i) bytes *= shape[i];
  return in_own_memory(bytes, [&] { return PyArray_SimpleNew(axes, const_cast<npy_intp*>(shape), type); });
}

namespace {

// Whether the kernel took them: what numpy's own reading is for, such as gaps between numbers, is left.
bool converted_in_rows(PyArrayObject* from, double* to) {
  const bool rows = PyArray_IS_C_CONTIGUOUS(from) || PyArray_IS_F_CONTIGUOUS(from);
  if (!rows || !PyArray_ISALIGNED(from) || !PyArray_ISNOTSWAPPED(from)) return false;
  const auto all = [&]<class From>(From) {
    convert(static_cast<const From*>(PyArray_DATA(from)), PyArray_SIZE(from), to);
    return true;
  };
  switch (PyArray_TYPE(from)) {
    case NPY_BOOL:
    case NPY_UBYTE:
      return all(npy_ubyte{});
    case NPY_BYTE:
      return all(npy_byte{});
    case NPY_SHORT:
      return all(npy_short{});
    case NPY_USHORT:
      return all(npy_ushort{});
    case NPY_INT:
      return all(npy_int{});
    case NPY_UINT:
      return all(npy_uint{});
    case NPY_LONG:
    case NPY_LONGLONG:
      return PyArray_ITEMSIZE(from) == 8 ? all(std::int64_t{}) : all(std::int32_t{});
    case NPY_ULONG:
    case NPY_ULONGLONG:
      return PyArray_ITEMSIZE(from) == 8 ? all(std::uint64_t{}) : all(std::uint32_t{});
    case NPY_HALF:
      return all(Half{});
    case NPY_FLOAT:
      return all(float{});
    default:
      return false;
  }
}

}  // namespace

PyObject* as_type(PyArrayObject* from, int type) {
  PyArray_Descr* const wanted = PyArray_DescrFromType(type);
  const index_t bytes = PyArray_SIZE(from) * index_t{PyTypeNum_ISCOMPLEX(type) ? 16 : type == NPY_FLOAT ? 4 : 8};
  PyObject* const made = in_own_memory(bytes, [&] { return PyArray_NewLikeArray(from, NPY_KEEPORDER, wanted, 0); });
  if (!made) return nullptr;
  auto* const to = reinterpret_cast<PyArrayObject*>(made);
  if (type == NPY_DOUBLE && converted_in_rows(from, static_cast<double*>(PyArray_DATA(to)))) return made;
  if (PyArray_CopyInto(to, from) == 0) return made;
  Py_DECREF(made);
  return nullptr;
}

void bind_results(py::module_& m) {
  capsule = PyCapsule_New(&handler, "mem_handler", nullptr);
  if (!capsule) throw py::error_already_set();
  m.def("empty", &empty, py::arg("shape"), py::arg("single"), "A large array that is not initialized, float32 if `single`.");
  m.def(
      "release_kept", [] { return release_kept() + release_scratch(); },
      "Gives the system back what is kept for further results and as scratch memory; returns how many bytes.");
}

}  // namespace mmlcore::bindings
