// Ctrl-C in a long kernel. The thread that called the kernel polls at block boundaries; the poll asks the host program (the
// bindings install a hook that asks Python) at most every 50 ms, so that polling costs a clock read.
#pragma once

#include <atomic>
#include <chrono>
#include <utility>

#include "mmlcore/core/errors.hpp"

namespace mmlcore {

// Returns true when the running kernel should stop. Called on the thread that called the kernel.
using InterruptHook = bool (*)();
inline std::atomic<InterruptHook> interrupt_hook{nullptr};

// Whether the hook is running on this thread: a handler of signals may call kernels, which poll as well.
inline thread_local bool in_interrupt_hook = false;

// The time of the last poll is the thread's own and outlives a region: a kernel made of many short regions polls too.
inline void poll_interrupt() {
  using Clock = std::chrono::steady_clock;
  thread_local Clock::time_point next{};
  const auto now = Clock::now();
  if (now < next) return;
  next = now + std::chrono::milliseconds(50);
  const InterruptHook hook = interrupt_hook.load(std::memory_order_relaxed);
  if (!hook) return;
  const bool outer = std::exchange(in_interrupt_hook, true);
  const bool stop = hook();
  in_interrupt_hook = outer;
  if (stop) throw Interrupted{};
}

}  // namespace mmlcore
