#include "solve_lanes.hpp"

namespace mmlcore {
template void solve_lanes<double>(const MatrixBatch<const double>&, const MatrixBatch<const double>&,
                                  const MatrixBatch<double>&);
}  // namespace mmlcore
