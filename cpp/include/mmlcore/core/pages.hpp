// Pages that were read and are not needed again: given back to the system at once, so that what is resident stays small
// while something larger than memory passes by.
//
// * Scratch memory of ours loses its content: give it back after its last reading.
// * A file mapped into memory (shared, or never written) loses nothing: the pages come back from the file. What was written
//   to a shared mapping is in the system's page cache and goes to the file.
//
// Memory of a caller that is neither must never come here: it would be zeroed.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mmlcore/core/views.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace mmlcore {

inline constexpr std::uintptr_t kPageBytes = 4096;

// The byte at `address`, of a block or right before or behind it.
inline void* byte_of(const void* block, std::uintptr_t address) {
  const auto from = static_cast<const char*>(block);
  return const_cast<char*>(from + static_cast<std::ptrdiff_t>(address - reinterpret_cast<std::uintptr_t>(block)));
}

#if defined(__linux__)
// Tells the system about the whole pages within [data, data + bytes).
inline void advise_pages(const void* data, std::size_t bytes, int advice) {
  const auto begin = (reinterpret_cast<std::uintptr_t>(data) + kPageBytes - 1) / kPageBytes * kPageBytes;
  const auto end = (reinterpret_cast<std::uintptr_t>(data) + bytes) / kPageBytes * kPageBytes;
  if (data && begin < end) madvise(byte_of(data, begin), end - begin, advice);
}
#endif

// Gives back the whole pages within [data, data + bytes). Does nothing where the system offers no such call.
inline void release_pages([[maybe_unused]] const void* data, [[maybe_unused]] std::size_t bytes) {
#if defined(__linux__)
  advise_pages(data, bytes, MADV_DONTNEED);
#endif
}

// A large block that is filled in many places at once, while something else goes: with huge pages all of it would be there
// from the start.
inline void use_small_pages([[maybe_unused]] const void* data, [[maybe_unused]] std::size_t bytes) {
#if defined(__linux__)
  advise_pages(data, bytes, MADV_NOHUGEPAGE);
#endif
}

template <class T>
void release_pages(const T* data, index_t first, index_t count) {
  release_pages(data + first, static_cast<std::size_t>(count) * sizeof(T));
}

// The same for a part of a mapped file, with the pages that it shares with its neighbours: they come back if need be.
template <class T>
void release_mapped(const T* data, index_t first, index_t count) {
  if (count <= 0) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(data + first) / kPageBytes * kPageBytes;
  const auto end = (reinterpret_cast<std::uintptr_t>(data + first + count) + kPageBytes - 1) / kPageBytes * kPageBytes;
  release_pages(byte_of(data, begin), end - begin);
}

}  // namespace mmlcore
