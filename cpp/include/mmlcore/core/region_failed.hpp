// For long tasks of a parallel region (parallel.hpp): whether another thread of it has thrown, so that nobody will read what
// this one makes. A task that asks at block boundaries ends soon after Ctrl-C, which only the region's owner sees.
#pragma once

#include "mmlcore/core/interrupt.hpp"

namespace mmlcore {

bool region_failed();  // false outside of regions

// Polls (interrupt.hpp), and tells whether the task may as well end.
inline bool stop_requested() {
  poll_interrupt();
  return region_failed();
}

}  // namespace mmlcore
