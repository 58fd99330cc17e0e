// Aligned memory from the system, not initialized; blocks of a huge page and more ask for huge pages. Scratch memory and the
// memory of results both come from here, and keep what they get for the next call.
#pragma once

#include <cstddef>
#include <cstdlib>

#if defined(__linux__)
#include <sys/mman.h>
#elif defined(_WIN32)
#include <malloc.h>
#endif

namespace mmlcore {

struct Block {
  void* data = nullptr;
  std::size_t bytes = 0;
};

inline constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

// Null where the system has none. Aligned to `align`, a power of two, or to a huge page.
inline void* take_from_system(std::size_t bytes, std::size_t align) noexcept {
  if (bytes >= kHugePageBytes) align = kHugePageBytes;
  bytes = (bytes + align - 1) / align * align;
#if defined(_WIN32)
  return _aligned_malloc(bytes, align);
#else
  void* data = std::aligned_alloc(align, bytes);
#if defined(__linux__)
  if (data && bytes >= kHugePageBytes) madvise(data, bytes, MADV_HUGEPAGE);
#endif
  return data;
#endif
}

inline void give_to_system(void* data) noexcept {
#if defined(_WIN32)
  _aligned_free(data);
#else
  std::free(data);
#endif
}

}  // namespace mmlcore
