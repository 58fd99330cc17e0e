// Tasks that wait for each other. `parallel_tasks` (parallel.hpp) may run all tasks on one thread; jobs of other libraries
// cannot bear that: a job of OpenBLAS's products spins until another one has packed its part of a matrix. Here each task has
// a thread of its own, from the pool that our kernels use.
//
// * The pool has one owner at a time. While it serves a kernel or another group of tasks, a group gets a pool of its own out
//   of a few that are made when they are first needed and kept: a group never waits for a kernel.
// * Nothing polls for Ctrl-C, and no task may throw: frames of a library in C lie between the task and its caller.
#pragma once

#include <type_traits>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

namespace detail {
bool run_together(index_t count, void (*fn)(void* context, index_t task), void* context);
}  // namespace detail

// Runs f(0) ... f(count - 1) at the same time, on the calling thread and count - 1 others. False, with nothing run, where
// the system gives no more threads.
template <class F>
[[nodiscard]] bool run_together(index_t count, F&& f) {
  using Fn = std::remove_reference_t<F>;
  return detail::run_together(
      count, [](void* context, index_t task) { (*static_cast<Fn*>(context))(task); },
      const_cast<void*>(static_cast<const void*>(&f)));
}

}  // namespace mmlcore
