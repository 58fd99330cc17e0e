// Scratch memory for kernels: aligned to a cache line, not initialized, freed at the end of the scope.
//
// The last few blocks freed by a thread are kept for its next call (up to 64 MiB a thread): a kernel called again and again
// then reuses their pages instead of asking the system for zeroed ones, which costs more than many kernels do.
// `release_scratch` gives back what the threads keep, those that are idle too.
//
// A buffer may also lie over memory of somebody else (`Buffer::over`), who keeps it alive: a file mapped into memory, a
// numpy array.
#pragma once

#include <cstddef>
#include <new>
#include <utility>

#include "mmlcore/core/system_memory.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

std::size_t release_scratch() noexcept;  // returns how many bytes

namespace detail {
Block take_block(std::size_t bytes);
void give_block(Block block) noexcept;
}  // namespace detail

template <class T>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(index_t size) : size_(size), block_(detail::take_block(checked_bytes(size))) {}
  Buffer(Buffer&& other) noexcept
      : size_(std::exchange(other.size_, 0)),
        borrowed_(std::exchange(other.borrowed_, false)),
        block_(std::exchange(other.block_, {})) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(size_, other.size_);
    std::swap(borrowed_, other.borrowed_);
    std::swap(block_, other.block_);
    return *this;
  }
  ~Buffer() {
    if (block_.data && !borrowed_) detail::give_block(block_);
  }

  static Buffer over(T* data, index_t size) {
    Buffer b;
    b.size_ = size;
    b.block_.data = data;
    b.borrowed_ = true;
    return b;
  }

  T* data() const { return static_cast<T*>(block_.data); }
  index_t size() const { return size_; }
  T& operator[](index_t i) const {
    MMLCORE_ASSERT(0 <= i && i < size_);
    return data()[i];
  }
  T* begin() const { return data(); }
  T* end() const { return data() + size_; }

 private:
  static std::size_t checked_bytes(index_t size) {
    if (size < 0 || static_cast<std::size_t>(size) > (std::size_t{1} << 60) / sizeof(T)) throw std::bad_alloc();
    return static_cast<std::size_t>(size) * sizeof(T);
  }
  index_t size_ = 0;
  bool borrowed_ = false;
  Block block_;
};

// Elements to put between two columns of `n` elements so that columns do not all fall on the same cache sets: a multiple of
// a cache line, and never near a multiple of a large power of two (matrices of 512, 1024, ... would lose half their speed).
template <class T>
index_t padded_stride(index_t n) {
  constexpr index_t line = 64 / index_t{sizeof(T)};
  index_t lines = (n + line - 1) / line;
  if (lines >= 8 && lines % 8 == 0) lines += 1;
  return lines * line;
}

}  // namespace mmlcore
