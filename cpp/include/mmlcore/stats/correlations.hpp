// Correlations from sums of products of deviations: r_ij = s_ij / sqrt(s_ii s_jj). What multiplies a column or all sums
// cancels, so they may come in any units.
#pragma once

#include <algorithm>
#include <cmath>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

// `sums` (d, d) is symmetric, its diagonal positive, and so is `to`, with ones there.
template <class T>
void correlations(const double* sums, index_t d, T* to) {
  Buffer<double> deviations(d);
  for (index_t j = 0; j < d; ++j) deviations[j] = std::sqrt(sums[j * (d + 1)]);
  for (index_t i = 0; i < d; ++i) {
    const double* __restrict row = sums + i * d;
    T* __restrict out = to + i * d;
    const double own = deviations[i];
    for (index_t j = 0; j < d; ++j) out[j] = static_cast<T>(std::min(std::max(row[j] / (own * deviations[j]), -1.0), 1.0));
    out[i] = 1;
  }
}

}  // namespace mmlcore
