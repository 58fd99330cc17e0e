#include "mmlcore/core/caches.hpp"

#include <algorithm>

#if defined(__linux__)
#include <unistd.h>
#endif

namespace mmlcore {

index_t second_level_cache() {
  constexpr index_t most = index_t{1} << 20;
#if defined(_SC_LEVEL2_CACHE_SIZE)
  const long told = sysconf(_SC_LEVEL2_CACHE_SIZE);
  if (told > 0) return std::clamp<index_t>(told, most / 4, most);
#endif
  return most;
}

}  // namespace mmlcore
