// Distances in a metric M = L L' between the points of two sets: |L'(x - y)|.
//
// The difference comes first, then the metric: no digit is lost where points are closer to each other than they are far out.
// Vectors run over the points of the larger set, so that d may be small; cost: n m d^2 / 2 multiplications, which pays while
// finding out where images L'x and L'y may be subtracted instead (python/mmlcore/vectors/_metric_distances.py) costs as
// much.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kMetricWork = index_t{1} << 22;  // n m d^2, at most
inline constexpr index_t kMetricSize = 128;               // d, at most

// out(i, j) = |L'(x_i - y_j)|, or its square. lower: d x d, rows contiguous. False where squares leave the range or numbers
// are not finite.
template <class T>
bool metric_distances(const MatrixView<const T>& x, const MatrixView<const T>& y, const T* lower, bool squared,
                      const MatrixView<T>& out);

extern template bool metric_distances<float>(const MatrixView<const float>&, const MatrixView<const float>&, const float*,
                                             bool, const MatrixView<float>&);
extern template bool metric_distances<double>(const MatrixView<const double>&, const MatrixView<const double>&,
                                              const double*, bool, const MatrixView<double>&);

}  // namespace mmlcore
