// Ctrl-C in a long kernel. The thread that called the kernel polls at block boundaries; the poll asks the host program (the
// bindings install a hook that asks Python) at most every 50 ms, so that polling costs a clock read.
#pragma once

#include <atomic>
#include <chrono>

#include "mmlcore/core/errors.hpp"

namespace mmlcore {

// Returns true when the running kernel should stop. Called on the thread that called the kernel.
using InterruptHook = bool (*)();
inline std::atomic<InterruptHook> interrupt_hook{nullptr};

class InterruptPoll {
 public:
  void operator()() {
    const auto now = Clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::milliseconds(50);
    if (InterruptHook hook = interrupt_hook.load(std::memory_order_relaxed); hook && hook()) throw Interrupted{};
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point next_ = Clock::now() + std::chrono::milliseconds(50);
};

}  // namespace mmlcore
