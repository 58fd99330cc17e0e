// The thread pool: one small pool for the whole process, with no OpenMP beside it (two runtimes in one process oversubscribe
// the processor, and libgomp hangs after fork).
//
// A region is `parallel_tasks(count, f)`: f(0) ... f(count - 1), each exactly once. Which thread runs which task is open;
// what a task does depends on its number alone. So results repeat for the same thread count, and kernels whose tasks do not
// depend on the thread count give the same bits for every count.
//
// * A call inside a region, or while another thread owns the pool, runs its tasks on the calling thread: never a deadlock,
//   never more threads than asked for.
// * Workers stay awake for a millisecond after a region (the next one then starts in under a microsecond), giving way to any
//   thread that wants their processor, then sleep on a futex.
// * After fork the child starts with a fresh pool; the parent's workers do not exist there and are never waited for.
// * Workers round, and flush subnormal numbers, as the calling thread does (core/float_mode.hpp).
// * The calling thread polls for Ctrl-C between tasks: a task should last 10 us to 50 ms.
#pragma once

#include <algorithm>
#include <type_traits>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// Threads that a region started by the calling thread may use. Set for the process, and over it for one Python thread.
int num_threads();
void set_num_threads(int count);
// 0 takes the override away. Returns the override that was in force.
int set_thread_override(int count);

namespace detail {
using TaskFn = void (*)(void* context, index_t task);
void run_tasks(index_t count, int threads, TaskFn fn, void* context);
}  // namespace detail

// Runs f(task) for every task in [0, count) on at most `threads` threads.
template <class F>
void parallel_tasks(index_t count, int threads, F&& f) {
  using Fn = std::remove_reference_t<F>;
  detail::run_tasks(
      count, threads, [](void* context, index_t task) { (*static_cast<Fn*>(context))(task); },
      const_cast<void*>(static_cast<const void*>(&f)));
}

template <class F>
void parallel_tasks(index_t count, F&& f) {
  parallel_tasks(count, num_threads(), f);
}

// Splits [0, size) into ranges of at least `grain` items, at most a few per thread, and runs f(begin, end) on each.
template <class F>
void parallel_ranges(index_t size, index_t grain, F&& f) {
  if (size <= 0) return;
  const int threads = num_threads();
  const index_t most = threads == 1 ? 1 : index_t{8} * threads;
  index_t pieces = std::clamp<index_t>(size / std::max<index_t>(grain, 1), 1, most);
  // One thread still stops at block boundaries, for Ctrl-C.
  if (threads == 1) pieces = std::clamp<index_t>(size / std::max<index_t>(grain * 64, 1), 1, 4096);
  const index_t step = (size + pieces - 1) / pieces;
  pieces = (size + step - 1) / step;
  parallel_tasks(pieces, threads, [&](index_t p) { f(p * step, std::min(size, (p + 1) * step)); });
}

}  // namespace mmlcore
