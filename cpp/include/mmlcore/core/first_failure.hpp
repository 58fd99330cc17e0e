// Which item of a batch failed first. Items run in parallel in any order; the failure that is reported is the one with the
// lowest index, whatever the number of threads.
#pragma once

#include <atomic>

#include "mmlcore/core/errors.hpp"
#include "mmlcore/core/parallel.hpp"
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

// Runs f(item) for the matrices A of a stack, one a task; a NotFinite that one throws comes back with the first such item.
template <class F>
void each_finite(index_t count, F&& f) {
  if (count == 1) return f(index_t{0});
  FirstFailure<bool> bad;
  parallel_tasks(count, [&](index_t i) {
    try {
      f(i);
    } catch (const NotFinite&) {
      bad.record(i, true);
    }
  });
  if (bad.any()) throw NotFinite("A: contains NaN or infinity" + of_item(bad.item()) + ".");
}

}  // namespace mmlcore
