// Memory brought into the cache in the order in which it lies, before it is computed with in another order, or slowly.
//
// A processor fetches ahead of loads that run through memory without a pause: a sum reads 30 GB/s here. Where some lines are
// followed by a computation, or rows of several items are read side by side, it loses the track, and a kernel whose
// computation and whose reading would each take half of its time takes both, at 10 GB/s. Requests for single lines
// (__builtin_prefetch), a few groups ahead, changed nothing (regress_stack.cpp). So a block that the second-level cache
// holds is read at full speed, a number of each line, and then computed with.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kReadAhead = index_t{1} << 17;  // bytes of a block: part of a second-level cache, long for a run

inline void read_ahead(const void* data, index_t bytes) {
  const char* const from = static_cast<const char*>(data);
  for (index_t i = 0; i < bytes; i += 64) {
    const char line = from[i];
    asm volatile("" ::"r"(line));
  }
}

}  // namespace mmlcore
