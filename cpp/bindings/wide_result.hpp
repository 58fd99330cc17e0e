// Results that are found in a wider type than they are given back in.
#pragma once

#include <type_traits>
#include <vector>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/numbers.hpp"
#include "results.hpp"

namespace mmlcore::bindings {

// A result of type T whose numbers are found in type W.
template <class T, class W>
class WideResult {
 public:
  explicit WideResult(const std::vector<npy_intp>& shape, index_t size)
      : result_(shape), size_(size), memory_(std::is_same_v<T, W> ? 0 : size) {}
  W* data() const {
    if constexpr (std::is_same_v<T, W>) {
      return result_.data;
    } else {
      return memory_.data();
    }
  }
  // Brings them into the result; false where one leaves the range.
  bool narrow() const {
    RealPart<T> check = 0;
    for (index_t i = 0; i < size_; ++i) check += nothing(result_.data[i] = static_cast<T>(data()[i]));
    return check == 0;
  }
  const py::object& array() const { return result_.array; }

 private:
  NewArray<T> result_;
  index_t size_;
  Buffer<W> memory_;
};

}  // namespace mmlcore::bindings
