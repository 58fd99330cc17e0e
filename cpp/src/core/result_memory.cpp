#include "mmlcore/core/result_memory.hpp"

#include <algorithm>
#include <bit>

#include "mmlcore/core/kept_blocks.hpp"
#include "mmlcore/core/system_memory.hpp"

namespace mmlcore {
namespace {

constexpr std::size_t kPage = 4096;

std::size_t capacity(std::size_t bytes) {
  bytes = std::max(bytes, kPage);
  const std::size_t step = std::max(std::bit_floor(bytes) / 8, kPage);
  return (bytes + step - 1) / step * step;
}

using Pool = KeptBlocks<16, std::size_t{128} << 20>;

Pool& pool() {
  static Pool* const the_pool = new Pool;  // never destroyed: arrays may outlive everything
  return *the_pool;
}

}  // namespace

void* take_result(std::size_t bytes) noexcept {
  const std::size_t wanted = capacity(bytes);
  const Block kept = pool().take([wanted](std::size_t has) { return has == wanted; });
  return kept.data ? kept.data : take_from_system(wanted, kPage);
}

void give_result(void* data, std::size_t bytes) noexcept {
  if (!data) return;
#if defined(__SANITIZE_ADDRESS__)  // which would not see that a kept block is used
  static_cast<void>(bytes);
  give_to_system(data);
#else
  pool().give({data, capacity(bytes)});
#endif
}

std::size_t release_kept() noexcept { return pool().release(); }

}  // namespace mmlcore
