// How a group of matrices in lanes is held, by the number of their columns: two vectors of lanes together while they fit the
// registers, and a number that the compiler knows for the least. Private to this folder.
#pragma once

#include <type_traits>

#include "mmlcore/core/simd.hpp"
#include "mmlcore/core/twin_lanes.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kTwinSide = 8;  // columns up to which two vectors of lanes go together

// f(n, memory), n as a constant up to four columns, `memory` as that of the numbers of a lane.
template <class F>
bool with_lane_order(index_t n, void* memory, F&& f) {
  const auto twin = static_cast<Twin*>(memory);
  switch (n) {
    case 2:
      return f(std::integral_constant<index_t, 2>{}, twin);
    case 3:
      return f(std::integral_constant<index_t, 3>{}, twin);
    case 4:
      return f(std::integral_constant<index_t, 4>{}, twin);
    default:
      return n <= kTwinSide ? f(n, twin) : f(n, static_cast<Simd<double>::Vec*>(memory));
  }
}

}  // namespace mmlcore
