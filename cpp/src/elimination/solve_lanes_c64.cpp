#include "solve_lanes.hpp"

namespace mmlcore {
template void solve_lanes<std::complex<float>>(const MatrixBatch<const std::complex<float>>&,
                                               const MatrixBatch<const std::complex<float>>&,
                                               const MatrixBatch<std::complex<float>>&);
}  // namespace mmlcore
