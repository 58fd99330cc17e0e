#include "mmlcore/core/result_memory.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "mmlcore/core/brief_lock.hpp"
#include "mmlcore/core/system_memory.hpp"

namespace mmlcore {
namespace {

constexpr std::size_t kKept = std::size_t{128} << 20, kPage = 4096;

std::size_t capacity(std::size_t bytes) {
  bytes = std::max(bytes, kPage);
  const std::size_t step = std::max(std::bit_floor(bytes) / 8, kPage);
  return (bytes + step - 1) / step * step;
}

struct Kept {
  void* data;
  std::size_t bytes;
};

// Blocks that nobody uses, the latest last.
struct Pool {
  BriefLock lock;
  std::array<Kept, 16> blocks{};
  std::size_t used = 0, bytes = 0;

  Kept remove(std::size_t i) {
    const Kept block = blocks[i];
    std::move(blocks.begin() + i + 1, blocks.begin() + used, blocks.begin() + i);
    --used;
    bytes -= block.bytes;
    return block;
  }
};

Pool& pool() {
  static Pool* const the_pool = new Pool;  // never destroyed: arrays may outlive everything
  return *the_pool;
}

}  // namespace

void* take_result(std::size_t bytes) noexcept {
  const std::size_t wanted = capacity(bytes);
  Pool& p = pool();
  void* found = nullptr;
  if (p.lock.try_take()) {
    for (std::size_t i = p.used; i-- > 0 && !found;) {
      if (p.blocks[i].bytes == wanted) found = p.remove(i).data;
    }
    p.lock.give();
  }
  if (found) return found;
  return take_from_system(wanted, kPage);
}

void give_result(void* data, std::size_t bytes) noexcept {
  if (!data) return;
  const Kept block{data, capacity(bytes)};
#if !defined(__SANITIZE_ADDRESS__)  // which would not see that a kept block is used
  Pool& p = pool();
  if (block.bytes <= kKept && p.lock.try_take()) {
    while (p.used > 0 && (p.used == p.blocks.size() || p.bytes + block.bytes > kKept)) give_to_system(p.remove(0).data);
    p.blocks[p.used++] = block;
    p.bytes += block.bytes;
    p.lock.give();
    return;
  }
#endif
  give_to_system(block.data);
}

std::size_t release_kept() noexcept {
  Pool& p = pool();
  if (!p.lock.take_within_reason()) return 0;
  const std::size_t bytes = p.bytes;
  while (p.used > 0) give_to_system(p.remove(p.used - 1).data);
  p.lock.give();
  return bytes;
}

}  // namespace mmlcore
