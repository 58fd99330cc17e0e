// Large constants of programs: the graph's own numbers, kept alive, with padding behind them; and the same in float32, made
// when float32 first runs.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "mmlcore/core/views.hpp"

namespace mmlcore::calculus {

class LargeConstants {
 public:
  // Returns the number of the new one.
  index_t add(std::shared_ptr<const std::vector<double>> values) {
    doubles_.push_back(std::move(values));
    return count() - 1;
  }
  index_t count() const { return static_cast<index_t>(doubles_.size()); }

  template <Real T>
  const T* at(index_t i) const {
    if constexpr (sizeof(T) == sizeof(double)) {
      return doubles_[i]->data();
    } else {
      std::call_once(once_, [this] {
        for (const auto& values : doubles_) floats_.emplace_back(values->begin(), values->end());
      });
      return floats_[i].data();
    }
  }

 private:
  std::vector<std::shared_ptr<const std::vector<double>>> doubles_;
  mutable std::once_flag once_;
  mutable std::vector<std::vector<float>> floats_;
};

}  // namespace mmlcore::calculus
