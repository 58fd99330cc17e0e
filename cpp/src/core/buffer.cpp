#include "mmlcore/core/buffer.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "mmlcore/core/system_memory.hpp"

namespace mmlcore::detail {
namespace {

constexpr std::size_t kLine = 64;

#if !defined(__SANITIZE_ADDRESS__)

constexpr std::size_t kKept = std::size_t{64} << 20;

// Blocks freed by this thread, the latest last.
struct Cache {
  std::array<Block, 8> blocks{};
  std::size_t used = 0, bytes = 0;

  ~Cache() {
    while (used > 0) give_to_system(blocks[--used].data);
  }
  void drop_oldest() {
    give_to_system(blocks[0].data);
    bytes -= blocks[0].bytes;
    std::move(blocks.begin() + 1, blocks.begin() + used, blocks.begin());
    --used;
  }
  Block take(std::size_t wanted) {
    for (std::size_t i = used; i-- > 0;) {
      const Block found = blocks[i];
      if (found.bytes < wanted || found.bytes > 2 * wanted + kHugePageBytes) continue;
      std::move(blocks.begin() + i + 1, blocks.begin() + used, blocks.begin() + i);
      --used;
      bytes -= found.bytes;
      return found;
    }
    return {};
  }
  void give(Block block) {
    if (block.bytes > kKept) return give_to_system(block.data);
    while (used > 0 && (used == blocks.size() || bytes + block.bytes > kKept)) drop_oldest();
    blocks[used++] = block;
    bytes += block.bytes;
  }
};

thread_local Cache cache;

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
  if (Block kept = cache.take(bytes); kept.data) return kept;
  void* data = take_from_system(bytes, kLine);
  if (!data) throw std::bad_alloc();
  return {data, bytes};
}

void give_block(Block block) noexcept { cache.give(block); }

#endif

}  // namespace mmlcore::detail
