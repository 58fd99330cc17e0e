// How much the caches of this processor hold, where a kernel's way depends on it.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// Bytes of the second-level cache that a core has for itself, as the system tells it, 256 KiB to 1 MiB; where it does not:
// 1 MiB.
index_t second_level_cache();

}  // namespace mmlcore
