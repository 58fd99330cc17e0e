// The border between Python and the kernels. Two things cross it, and each in one way only:
//
// * Exceptions. Whatever a kernel throws becomes a Python exception: `guarded` does it for functions that CPython calls
//   directly, pybind11's dispatcher (through `set_python_error`) for all others. A C caller never sees a C++ exception.
// * The interpreter's lock. `ReleasedGil` gives it away while a kernel runs; `HeldGil` takes it back for a moment within.
//   While the interpreter exits, a thread that asks for the lock is ended by CPython before 3.14: its stack is unwound,
//   which no destructor survives (std::terminate). Such a thread is parked instead, until the process is gone.
#pragma once

#include <pybind11/pybind11.h>

#include <exception>
#if defined(__GLIBCXX__)
#include <cxxabi.h>
#endif

namespace mmlcore::bindings {

namespace py = pybind11;

// Sets the Python exception that API.md names for what was thrown.
void set_python_error(std::exception_ptr thrown) noexcept;

// The result of f(), or null with the Python error set, whatever f throws.
template <class F>
PyObject* guarded(F&& f) {
  try {
    return f();
#if defined(__GLIBCXX__)
  } catch (abi::__forced_unwind&) {  // a thread that is being ended: nothing may stop that
    throw;
#endif
  } catch (...) {
    set_python_error(std::current_exception());
    return nullptr;
  }
}

// Follows the ContextVar that `mmlcore.threads` sets: a tuple of (key, count), of which the last counts.
void follow_context(PyObject* variable);
// Takes over the number of threads of the current context. Needs the lock.
void enter_context() noexcept;

// Without the lock from here to the end of the scope.
class ReleasedGil {
 public:
  ReleasedGil() noexcept;
  ~ReleasedGil();
  ReleasedGil(const ReleasedGil&) = delete;
  ReleasedGil& operator=(const ReleasedGil&) = delete;

 private:
  PyThreadState* outer_;  // what a kernel further out released: a signal handler may call another one
};

// Whether this thread came from Python: one of the pool's own has neither given a lock away nor holds it.
bool from_python() noexcept;

// With the lock from here to the end of the scope, on a thread that called a kernel or a thread of the pool; nothing changes
// where it is held.
class HeldGil {
 public:
  HeldGil() noexcept;
  ~HeldGil();
  HeldGil(const HeldGil&) = delete;
  HeldGil& operator=(const HeldGil&) = delete;

 private:
  PyThreadState* taken_;
  bool foreign_;  // a thread of the pool, for which Python makes a state and drops it again
};

// Runs a kernel without the lock.
template <class F>
auto without_gil(F&& kernel) {
  const ReleasedGil released;
  return kernel();
}

}  // namespace mmlcore::bindings
