// Blocks of memory that nobody uses and that serve the next who asks: the scratch memory of a thread (buffer.hpp), the
// results of the process (result_memory.hpp). At most so many blocks and bytes are kept; what came first goes first.
//
// Safe from all threads, and after fork: nobody waits for the lock but `release`, and that not without end.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "mmlcore/core/brief_lock.hpp"
#include "mmlcore/core/system_memory.hpp"

namespace mmlcore {

template <std::size_t kBlocks, std::size_t kBytes>
class KeptBlocks {
 public:
  // The latest block that fits(bytes), or none.
  template <class F>
  Block take(F&& fits) noexcept {
    if (!lock_.try_take()) return {};
    Block found;
    for (std::size_t i = used_; i-- > 0 && !found.data;) {
      if (!fits(blocks_[i].bytes)) continue;
      found = blocks_[i];
      remove(i);
    }
    lock_.give();
    return found;
  }

  // Keeps a block, or gives it to the system where that is too large or another thread is here.
  void give(Block block) noexcept {
    if (block.bytes > kBytes || !lock_.try_take()) return give_to_system(block.data);
    while (used_ > 0 && (used_ == kBlocks || bytes_ + block.bytes > kBytes)) drop_oldest();
    blocks_[used_++] = block;
    bytes_ += block.bytes;
    lock_.give();
  }

  // Gives all to the system; returns how many bytes.
  std::size_t release() noexcept {
    if (!lock_.take_within_reason()) return 0;
    const std::size_t freed = bytes_;
    while (used_ > 0) drop_oldest();
    lock_.give();
    return freed;
  }

 private:
  void remove(std::size_t i) {
    bytes_ -= blocks_[i].bytes;
    std::move(blocks_.begin() + i + 1, blocks_.begin() + used_, blocks_.begin() + i);
    --used_;
  }
  void drop_oldest() {
    give_to_system(blocks_[0].data);
    remove(0);
  }

  BriefLock lock_;
  std::array<Block, kBlocks> blocks_{};  // the latest last
  std::size_t used_ = 0, bytes_ = 0;
};

}  // namespace mmlcore
