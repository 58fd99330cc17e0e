#include "mmlcore/core/result_memory.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <mutex>

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
  std::mutex mutex;
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
  if (std::unique_lock lock(p.mutex, std::try_to_lock); lock) {
    for (std::size_t i = p.used; i-- > 0;) {
      if (p.blocks[i].bytes == wanted) return p.remove(i).data;
    }
  }
  return take_from_system(wanted, kPage);
}

void give_result(void* data, std::size_t bytes) noexcept {
  if (!data) return;
  const Kept block{data, capacity(bytes)};
#if !defined(__SANITIZE_ADDRESS__)  // which would not see that a kept block is used
  Pool& p = pool();
  if (std::unique_lock lock(p.mutex, std::try_to_lock); lock && block.bytes <= kKept) {
    while (p.used > 0 && (p.used == p.blocks.size() || p.bytes + block.bytes > kKept)) give_to_system(p.remove(0).data);
    p.blocks[p.used++] = block;
    p.bytes += block.bytes;
    return;
  }
#endif
  give_to_system(block.data);
}

std::size_t release_kept() noexcept {
  Pool& p = pool();
  const std::lock_guard lock(p.mutex);
  const std::size_t bytes = p.bytes;
  while (p.used > 0) give_to_system(p.remove(p.used - 1).data);
  return bytes;
}

}  // namespace mmlcore
