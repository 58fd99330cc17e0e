// Memory for results that fill pages: blocks that a result gave back serve the next one.
//
// The system hands out zeroed pages and takes them back when an array goes: clearing 80 MB takes 8 ms on one processor, more
// than many kernels need to fill them, and each fault of a page costs beside its clearing (standardizing 38,910 x 2 bytes
// takes 750 to 930 us with memory from the system, 90 with kept blocks). A pipeline that computes a result, uses it and
// drops it meets the same warm pages again and again. Up to 128 MiB of large blocks and 16 MiB of those below a mebibyte,
// which come and go more often, are kept for the process where nobody uses them; `release_kept` gives them back.
//
// A block's size is rounded up to an eighth of a power of two, so that results of nearly the same size share blocks and a
// block's capacity follows from the size that was asked for. Safe from all threads; a thread that would have to wait (or a
// child whose parent forked at the wrong moment) goes to the system instead.
#pragma once

#include <cstddef>

namespace mmlcore {

inline constexpr std::size_t kLeastKept = std::size_t{128} << 10;  // glibc maps such blocks, smaller ones stay in its heap

void* take_result(std::size_t bytes) noexcept;  // null where there is no memory
void give_result(void* data, std::size_t bytes) noexcept;
std::size_t release_kept() noexcept;  // returns how many bytes

}  // namespace mmlcore
