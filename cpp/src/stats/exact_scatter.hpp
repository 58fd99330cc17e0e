// Mean and scatter of whole numbers from their sums and sums of products, rounded at the end alone:
//
//   S_ij = (m sum(x_i x_j) - sum(x_i) sum(x_j)) / m.
#pragma once

#include <cstdint>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// Within one rounding of its high and one of its low half; a conversion in one step is a call into a run-time library,
// which clang-cl does not link.
inline double to_double(__int128 exact) {
  const auto size = static_cast<unsigned __int128>(exact < 0 ? -exact : exact);
  const double high = static_cast<double>(static_cast<std::uint64_t>(size >> 64));
  const double whole = high * 0x1p64 + static_cast<double>(static_cast<std::uint64_t>(size));
  return exact < 0 ? -whole : whole;
}

// sum(i) and product(i, j), i <= j, of `rows` rows of d numbers.
template <class Sum, class Product>
void exact_scatter(index_t rows, index_t d, Sum&& sum, Product&& product, double* mean, double* scatter) {
  const double m = static_cast<double>(rows);
  for (index_t i = 0; i < d; ++i) {
    const std::int64_t own = sum(i);
    mean[i] = static_cast<double>(own) / m;
    for (index_t j = i; j < d; ++j) {
      const __int128 exact = static_cast<__int128>(rows) * product(i, j) - static_cast<__int128>(own) * sum(j);
      scatter[i * d + j] = scatter[j * d + i] = to_double(exact) / m;
    }
  }
}

}  // namespace mmlcore
