#include "mmlcore/core/buffer.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#include "mmlcore/core/kept_blocks.hpp"
#include "mmlcore/core/system_memory.hpp"

namespace mmlcore {
namespace detail {
namespace {

constexpr std::size_t kLine = 64;

#if !defined(__SANITIZE_ADDRESS__)

// What one thread has freed. `release_scratch` empties those of all threads, so each has a lock, which its thread nearly
// always finds free.
struct alignas(64) Cache {
  KeptBlocks<8, std::size_t{64} << 20> blocks;
  std::atomic<bool> owned{true};
  Cache* next = nullptr;  // in the list of all
};

// Every cache there ever was; one whose thread has ended serves the next new thread. Never shrinks, so that reading the list
// needs no lock.
std::atomic<Cache*> all_caches{nullptr};

Cache* adopt() {
  for (Cache* c = all_caches.load(std::memory_order_acquire); c; c = c->next) {
    bool owned = false;
    if (!c->owned.load(std::memory_order_relaxed) && c->owned.compare_exchange_strong(owned, true)) return c;
  }
  Cache* fresh = new (std::nothrow) Cache;
  if (!fresh) return nullptr;
  fresh->next = all_caches.load(std::memory_order_relaxed);
  while (!all_caches.compare_exchange_weak(fresh->next, fresh, std::memory_order_release)) {
  }
  return fresh;
}

// The cache of this thread; null where there is no memory for one, and once the thread is ending.
struct Owner {
  Cache* cache = adopt();
  ~Owner() {
    if (!cache) return;
    cache->blocks.release();
    cache->owned.store(false, std::memory_order_release);
    cache = nullptr;
  }
};

thread_local Owner owner;

#endif

}  // namespace

#if defined(__SANITIZE_ADDRESS__)

// Under AddressSanitizer every block has its exact size and is given back at once: kept and rounded ones would hide errors.
Block take_block(std::size_t bytes) {
  void* data = nullptr;
  if (posix_memalign(&data, kLine, std::max<std::size_t>(bytes, 1)) != 0) throw std::bad_alloc();
  return {data, bytes};
}

void give_block(Block block) noexcept { std::free(block.data); }

#else

Block take_block(std::size_t bytes) {
  bytes = (std::max<std::size_t>(bytes, 1) + kLine - 1) / kLine * kLine;
  if (owner.cache) {
    // One that is not more than twice as large.
    const auto fits = [bytes](std::size_t has) { return has >= bytes && has <= 2 * bytes + kHugePageBytes; };
    if (const Block kept = owner.cache->blocks.take(fits); kept.data) return kept;
  }
  void* data = take_from_system(bytes, kLine);
  if (!data) throw std::bad_alloc();
  return {data, bytes};
}

void give_block(Block block) noexcept {
  if (owner.cache) return owner.cache->blocks.give(block);
  give_to_system(block.data);
}

#endif

}  // namespace detail

std::size_t release_scratch() noexcept {
  std::size_t bytes = 0;
#if !defined(__SANITIZE_ADDRESS__)
  for (auto* c = detail::all_caches.load(std::memory_order_acquire); c; c = c->next) bytes += c->blocks.release();
#endif
  return bytes;
}

}  // namespace mmlcore
