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

constexpr std::size_t kLarge = std::size_t{1} << 20;

// Small blocks would drive out the large ones, for which the system takes longest.
struct Pools {
  KeptBlocks<16, std::size_t{128} << 20> large;
  KeptBlocks<32, std::size_t{16} << 20> small;
};

Pools& pools() {
  static Pools* const the_pools = new Pools;  // never destroyed: arrays may outlive everything
  return *the_pools;
}

// f(the pool for blocks of this capacity)
template <class F>
auto in_pool(std::size_t bytes, F&& f) {
  return bytes < kLarge ? f(pools().small) : f(pools().large);
}

}  // namespace

void* take_result(std::size_t bytes) noexcept {
  const std::size_t wanted = capacity(bytes);
  const Block kept = in_pool(wanted, [=](auto& pool) { return pool.take([=](std::size_t has) { return has == wanted; }); });
  return kept.data ? kept.data : take_from_system(wanted, kPage);
}

void give_result(void* data, std::size_t bytes) noexcept {
  if (!data) return;
#if defined(__SANITIZE_ADDRESS__)  // which would not see that a kept block is used
  static_cast<void>(bytes);
  give_to_system(data);
#else
  const Block block{data, capacity(bytes)};
  in_pool(block.bytes, [=](auto& pool) { pool.give(block); });
#endif
}

std::size_t release_kept() noexcept {
  const auto release = [](auto& pool) { return pool.release(); };
  return in_pool(0, release) + in_pool(kLarge, release);
}

}  // namespace mmlcore
