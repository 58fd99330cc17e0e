#include "border.hpp"

#include <chrono>
#include <new>
#include <thread>
#include <utility>

#include "mmlcore/core/errors.hpp"
#include "mmlcore/core/parallel.hpp"

namespace mmlcore::bindings {

namespace {

// What this thread's innermost kernel released; null while it holds the lock.
thread_local PyThreadState* released = nullptr;

PyObject* context_variable = nullptr;  // once `mmlcore.threads` was used

// Catching the end of the thread and never leaving the handler stops it here.
template <class F>
void parked_at_exit(F&& take) noexcept {
  try {
    take();
  } catch (...) {
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
  }
}

void take_lock(PyThreadState* state) noexcept {
  parked_at_exit([state] { PyEval_RestoreThread(state); });
}

void set_named_error(const char* name, const char* text) {
  py::object error = py::module_::import("mmlcore.core.errors").attr(name);
  PyErr_SetString(error.ptr(), text);
}

}  // namespace

void set_python_error(std::exception_ptr thrown) noexcept {
  try {
    std::rethrow_exception(std::move(thrown));
  } catch (const Interrupted&) {
    if (!PyErr_Occurred()) PyErr_SetNone(PyExc_KeyboardInterrupt);
  } catch (const SingularMatrix& error) {
    try {
      set_named_error("SingularMatrixError", error.what());
    } catch (py::error_already_set& other) {
      other.restore();
    }
  } catch (py::error_already_set& error) {
    error.restore();
  } catch (const py::builtin_exception& error) {
    error.set_error();
  } catch (const DomainError& error) {
    PyErr_SetString(PyExc_ValueError, error.what());
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  } catch (...) {
    PyErr_SetString(PyExc_RuntimeError, "a kernel failed and did not say why.");
  }
}

void follow_context(PyObject* variable) {
  Py_INCREF(variable);
  Py_XDECREF(context_variable);
  context_variable = variable;
}

void enter_context() noexcept {
  if (!context_variable) return;
  PyObject* entries = nullptr;
  int count = 0;
  if (PyContextVar_Get(context_variable, nullptr, &entries) == 0 && entries && PyTuple_Check(entries)) {
    if (const Py_ssize_t size = PyTuple_GET_SIZE(entries); size > 0)
      count = static_cast<int>(PyLong_AsLong(PyTuple_GET_ITEM(PyTuple_GET_ITEM(entries, size - 1), 1)));
  }
  Py_XDECREF(entries);
  set_thread_override(count);
}

ReleasedGil::ReleasedGil() noexcept : outer_(released) {
  enter_context();
  released = PyEval_SaveThread();
}

ReleasedGil::~ReleasedGil() {
  take_lock(released);
  released = outer_;
}

bool from_python() noexcept { return released || PyGILState_Check(); }

HeldGil::HeldGil() noexcept : taken_(released), foreign_(!from_python()) {
  if (foreign_) {
    parked_at_exit([] { PyGILState_Ensure(); });
  } else if (taken_) {
    released = nullptr;
    take_lock(taken_);
  }
}

HeldGil::~HeldGil() {
  if (foreign_) {
    PyGILState_Release(PyGILState_UNLOCKED);
  } else if (taken_) {
    released = PyEval_SaveThread();
  }
}

}  // namespace mmlcore::bindings
