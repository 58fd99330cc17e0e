// Which item of a batch failed first. Items run in parallel in any order; the failure that is reported is the one with the
// lowest index, whatever the number of threads.
#pragma once

#include <atomic>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

template <class Kind>
class FirstFailure {
 public:
  void record(index_t item, Kind kind) {
    const index_t mine = item * 256 + static_cast<index_t>(kind);
    index_t seen = first_.load(std::memory_order_relaxed);
    while (mine < seen && !first_.compare_exchange_weak(seen, mine, std::memory_order_relaxed)) {
    }
  }
  bool any() const { return first_.load() != kNone; }
  index_t item() const { return first_.load() / 256; }
  Kind kind() const { return static_cast<Kind>(first_.load() % 256); }

 private:
  static constexpr index_t kNone = PTRDIFF_MAX;
  std::atomic<index_t> first_{kNone};
};

}  // namespace mmlcore
