#include "solve_lanes.hpp"

namespace mmlcore {
template void solve_lanes<float>(const MatrixBatch<const float>&, const MatrixBatch<const float>&,
                                 const MatrixBatch<float>&);
}  // namespace mmlcore
