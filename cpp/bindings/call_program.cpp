// The short path of programs: plain arrays in, an array out, without Python in between.
#include "call_program.hpp"

#include <pybind11/gil_safe_call_once.h>

#include "border.hpp"
#include "door_call.hpp"
#include "door_out.hpp"
#include "mmlcore/calculus/program.hpp"
#include "module.hpp"
#include "results.hpp"

namespace mmlcore::bindings {
namespace {

using calculus::Points;
using calculus::Program;

constexpr int kAxes = 8;         // of a result
constexpr int kArguments = 6;    // of a program
constexpr double kBrief = 2000;  // operations for which the lock is not worth giving away

PyObject* other_way() { return Py_NewRef(Py_NotImplemented); }

// program(x, ...) for arrays of one type whose leading axes are the same and a result with these axes and then `shape`.
// `forms` has the shape of each argument at a point. Anything else: NotImplemented.
template <class T>
PyObject* call(const Program& program, PyObject* const* given, PyObject* forms, PyObject* shape, Later* later,
               PyObject* out) {
  const int count = static_cast<int>(program.argument_count());
  py::object held[kArguments];
  Points<const T> in[kArguments];
  npy_intp dims[kAxes];
  int lead = 0;
  index_t points = 1;
  for (int k = 0; k < count; ++k) {
    PyObject* const form = PyTuple_GET_ITEM(forms, k);
    if (!PyTuple_CheckExact(form)) return other_way();
    const int axes = static_cast<int>(PyTuple_GET_SIZE(form));
    auto* x = reinterpret_cast<PyArrayObject*>(given[k]);
    const int before = PyArray_NDIM(x) - axes;
    if (before < 0 || before > kAxes || (k > 0 && before != lead)) return other_way();
    for (int i = 0; i < before; ++i) {
      if (k == 0) points *= (dims[i] = PyArray_DIM(x, i));
      if (PyArray_DIM(x, i) != dims[i]) return other_way();
    }
    lead = before;
    for (int i = 0; i < axes; ++i) {
      if (PyLong_AsSsize_t(PyTuple_GET_ITEM(form, i)) != PyArray_DIM(x, before + i)) return other_way();
    }
    if (points == 0) return other_way();
    const index_t size = program.argument_size(k);
    if (!PyArray_ISCARRAY_RO(x) && before == 1 && axes <= 1 && PyArray_ISBEHAVED_RO(x) && program.in_blocks<T>(points)) {
      // Columns, rows with gaps, and numbers with gaps are brought into blocks as they are.
      constexpr npy_intp bytes = sizeof(T);
      const npy_intp from = PyArray_STRIDE(x, 0), along = axes ? PyArray_STRIDE(x, 1) : bytes;
      if (from % bytes == 0 && along % bytes == 0 && from != 0) {
        in[k] = {static_cast<const T*>(PyArray_DATA(x)), from / bytes, along / bytes};
        continue;
      }
    }
    if (!PyArray_ISCARRAY_RO(x)) {
      held[k] = py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(PyArray_GETCONTIGUOUS(x)));
      if (!held[k]) throw py::error_already_set();
      x = reinterpret_cast<PyArrayObject*>(held[k].ptr());
    }
    in[k] = {static_cast<const T*>(PyArray_DATA(x)), size};
  }
  const int own = static_cast<int>(PyTuple_GET_SIZE(shape));
  if (lead + own > kAxes) return other_way();
  for (int i = 0; i < own; ++i) dims[lead + i] = PyLong_AsSsize_t(PyTuple_GET_ITEM(shape, i));
  const Destination place(out, kTypeNumber<T>, lead + own, dims, given, later ? Destination::kUnknown : count);
  const Points<T> to{static_cast<T*>(place.data()), program.result_size(0)};
  bool same = true;
  std::vector<const void*> watched;
  if constexpr (sizeof(T) == sizeof(double)) {
    if (later && points == 1) watched = program.watch(later->arrays);
  }
  if (later && !later->unchanged()) return other_way();
  const auto run = [&] {
    if constexpr (sizeof(T) == sizeof(double)) {
      if (!watched.empty()) {
        const double* arguments[kArguments];
        for (int k = 0; k < count; ++k) arguments[k] = in[k].data;
        same = program.run_live(arguments, &to.data, watched);
        return;
      }
    }
    program.run<T>(points, in, &to);
  };
  if (static_cast<double>(points) * program.flops() < kBrief) {
    run();
  } else {
    without_gil(run);
  }
  return same ? place.delivered().release().ptr() : other_way();
}

}  // namespace

PyObject* call_entry(PyObject* entry, PyObject* const* given, Py_ssize_t count, Later* later, PyObject* out) {
  if (!PyTuple_CheckExact(entry) || PyTuple_GET_SIZE(entry) != 4) return other_way();
  PyObject *const capsule = PyTuple_GET_ITEM(entry, 1), *const shape = PyTuple_GET_ITEM(entry, 2),
                  *const forms = PyTuple_GET_ITEM(entry, 3);
  if (!PyCapsule_IsValid(capsule, "mmlcore.Program") || !PyTuple_CheckExact(forms) || PyTuple_GET_SIZE(forms) != count ||
      count < 1 || count > kArguments)
    return other_way();
  const auto& program = *static_cast<const Program*>(PyCapsule_GetPointer(capsule, "mmlcore.Program"));
  const int type = plain_type(given[0]);
  for (Py_ssize_t k = 1; k < count; ++k) {
    if (plain_type(given[k]) != type) return other_way();
  }
  if (type < 0 || program.argument_count() != count || program.result_count() != 1) return other_way();
  return guarded([&] {
    return type == NPY_DOUBLE ? call<double>(program, given, forms, shape, later, out)
                              : call<float>(program, given, forms, shape, later, out);
  });
}

py::object found_in(PyObject* dict, PyObject* key) {
  PyObject* const value = PyDict_GetItemWithError(dict, key);
  if (!value && PyErr_Occurred()) throw py::error_already_set();
  return py::reinterpret_borrow<py::object>(value);
}

PyObject* traces() {
  PYBIND11_CONSTINIT static py::gil_safe_call_once_and_store<py::object> kept;
  return kept.call_once_and_store_result([]() -> py::object { return py::dict(); }).get_stored().ptr();
}

py::object traced_before(PyObject* f, PyObject* form, PyObject* read, Later* later) {
  const auto key = py::reinterpret_steal<py::object>(PyLong_FromVoidPtr(f));
  if (!key) throw py::error_already_set();
  const py::object entry = found_in(traces(), key.ptr());
  if (!entry) return {};
  const auto referred = py::reinterpret_steal<py::object>(PyObject_CallNoArgs(PyTuple_GET_ITEM(entry.ptr(), 0)));
  if (!referred) throw py::error_already_set();
  if (referred.ptr() != f) return {};
  py::object kept = found_in(PyTuple_GET_ITEM(entry.ptr(), 1), form);
  if (!kept || compare(read, PyTuple_GET_ITEM(kept.ptr(), 0), later) != Same::yes) return {};
  return kept;
}

namespace {

PyObject* call_program(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count < 2 || count > 3 || !PyTuple_CheckExact(args[1])) return other_way();
  return call_entry(args[0], reinterpret_cast<PyTupleObject*>(args[1])->ob_item, PyTuple_GET_SIZE(args[1]), nullptr,
                    count == 3 ? args[2] : nullptr);
}

// known_trace(form, f): what is kept of it; or None.
PyObject* known_trace(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count != 2) return other_way();
  return guarded([&]() -> PyObject* {
    py::object kept = traced_before(args[1], args[0], args[1]);
    return kept ? kept.release().ptr() : Py_NewRef(Py_None);
  });
}

PyObject* record(PyObject*, PyObject* f) { return record_of(f); }

PyObject* same_record(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count != 2) return other_way();
  return guarded([&]() -> PyObject* {
    const Same answer = compare(args[0], args[1]);
    return answer == Same::unknown ? other_way() : PyBool_FromLong(answer == Same::yes);
  });
}

template <class F>
PyCFunction as_method(F* function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

PyMethodDef methods[] = {
    {"call_program", as_method(&call_program), METH_FASTCALL,
     "call_program(entry, arguments, out, /)\n--\n\nThe short path of plain arrays; or NotImplemented."},
    {"known_trace", as_method(&known_trace), METH_FASTCALL,
     "known_trace(form, f, /)\n--\n\nWhat is kept of a function that reads what it read before; or None."},
    {"traces", [](PyObject*, PyObject*) { return guarded([] { return Py_NewRef(traces()); }); }, METH_NOARGS,
     "traces()\n--\n\nTraces by the address of a function."},
    {"record_of", record, METH_O,
     "record_of(f, /)\n--\n\nWhat a function reads from around it; None where Python has to look."},
    {"same_record", as_method(&same_record), METH_FASTCALL,
     "same_record(f, record, /)\n--\n\nWhether a function reads the same; or NotImplemented."},
};

}  // namespace

void bind_call_program(py::module_& m) {
  for (PyMethodDef& method : methods) {
    if (PyModule_AddObject(m.ptr(), method.ml_name, PyCFunction_NewEx(&method, nullptr, nullptr)) < 0)
      throw py::error_already_set();
  }
}

}  // namespace mmlcore::bindings
