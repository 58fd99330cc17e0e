#include "results.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/errors.hpp"
#include "mmlcore/core/result_memory.hpp"
#include "module.hpp"

namespace mmlcore::bindings {

namespace py = pybind11;

namespace {

// numpy's PyDataMem_Handler, version 1 (numpy/ndarraytypes.h).
struct MemoryHandler {
  char name[127];
  std::uint8_t version;
  void* context;
  void* (*malloc)(void*, std::size_t);
  void* (*calloc)(void*, std::size_t, std::size_t);
  void* (*realloc)(void*, void*, std::size_t);
  void (*free)(void*, void*, std::size_t);
};

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

MemoryHandler handler = {"mmlcore_results", 1, nullptr, take, take_zeros, resize, give};

// Entries of numpy's table of functions, since its version 1.22: PyDataMem_SetHandler returns the old handler.
using SetHandler = PyObject* (*)(PyObject*);
SetHandler set_handler = nullptr;
PyObject* capsule = nullptr;

void find_numpy() {
  constexpr int kSetHandler = 304;
  const py::module_ core = py::detail::import_numpy_core_submodule("multiarray");
  void** table = static_cast<void**>(PyCapsule_GetPointer(core.attr("_ARRAY_API").ptr(), nullptr));
  if (!table) throw py::error_already_set();
  set_handler = reinterpret_cast<SetHandler>(table[kSetHandler]);
  capsule = PyCapsule_New(&handler, "mem_handler", nullptr);
  if (!capsule) throw py::error_already_set();
}

py::object empty(const py::tuple& shape, bool single) {
  std::vector<Py_intptr_t> sizes;
  for (const py::handle n : shape) sizes.push_back(n.cast<Py_intptr_t>());
  if (sizes.size() > 32) throw DomainError("an internal call came with more than 32 axes");
  const int axes = static_cast<int>(sizes.size());
  PyObject* made = single ? new_result<float>(axes, sizes.data()) : new_result<double>(axes, sizes.data());
  if (!made) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(made);
}

}  // namespace

PyObject* new_result(int type, int axes, const Py_intptr_t* shape, index_t bytes) {
  const auto& api = py::detail::npy_api::get();
  const auto make = [&] {
    return api.PyArray_NewFromDescr_(api.PyArray_Type_, api.PyArray_DescrFromType_(type), axes, shape, nullptr, nullptr, 0,
                                     nullptr);
  };
  if (bytes < static_cast<index_t>(kLargeResult)) return make();
  PyObject* before = set_handler(capsule);
  if (!before) return nullptr;
  PyObject* made = make();
  PyObject* own = made ? set_handler(before) : nullptr;
  if (!made) {  // numpy's error stays the one that is set
    PyObject *kind, *value, *trace;
    PyErr_Fetch(&kind, &value, &trace);
    own = set_handler(before);
    PyErr_Restore(kind, value, trace);
  }
  Py_XDECREF(own);
  Py_DECREF(before);
  return made;
}

void bind_results(py::module_& m) {
  find_numpy();
  m.def("empty", &empty, py::arg("shape"), py::arg("single"), "A large array that is not initialized, float32 if `single`.");
  m.def(
      "release_kept", [] { return release_kept() + release_scratch(); },
      "Gives the system back what is kept for further results and as scratch memory; returns how many bytes.");
}

}  // namespace mmlcore::bindings
