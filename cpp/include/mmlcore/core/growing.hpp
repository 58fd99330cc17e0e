// A column that grows while it is filled and nobody knows how long it will be. The system moves pages of a large block
// without copying them where it can (mremap), and what was never written takes no memory: growing costs neither time nor
// room.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

template <class T>
class Growing {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Growing() = default;
  Growing(Growing&& other) noexcept : data_(std::move(other.data_)), room_(std::exchange(other.room_, 0)) {}
  Growing& operator=(Growing&& other) noexcept {
    data_ = std::move(other.data_);
    room_ = std::exchange(other.room_, 0);
    return *this;
  }
  T* data() const { return data_.get(); }
  T& operator[](index_t i) const {
    MMLCORE_ASSERT(0 <= i && i < room_);
    return data_.get()[i];
  }

  // Room for `size` elements; those that were written stay.
  void reserve(index_t size) {
    if (size <= room_) return;
    const index_t room = std::max({size, room_ + room_ / 2, index_t{1024}});
    void* moved = std::realloc(data_.get(), static_cast<std::size_t>(room) * sizeof(T));
    if (!moved) throw std::bad_alloc();
    static_cast<void>(data_.release());
    data_.reset(static_cast<T*>(moved));
    room_ = room;
  }

 private:
  struct Free {
    void operator()(T* data) const { std::free(data); }
  };
  std::unique_ptr<T, Free> data_;
  index_t room_ = 0;
};

}  // namespace mmlcore
