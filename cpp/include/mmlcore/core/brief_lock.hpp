// A lock that is held for a few instructions, and that nobody waits for without end: a fork may have copied it in the locked
// state, and its owner does not exist in the child.
#pragma once

#include <atomic>
#include <thread>

namespace mmlcore {

class BriefLock {
 public:
  bool try_take() noexcept { return !taken_.exchange(true, std::memory_order_acquire); }
  // Tries for about a millisecond; then the owner is gone, or so slow that the caller had better do without.
  bool take_within_reason() noexcept {
    for (int tries = 0; tries < 1000; ++tries) {
      if (try_take()) return true;
      std::this_thread::yield();
    }
    return false;
  }
  void give() noexcept { taken_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> taken_{false};
};

}  // namespace mmlcore
