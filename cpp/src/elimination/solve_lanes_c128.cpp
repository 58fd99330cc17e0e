#include "solve_lanes.hpp"

namespace mmlcore {
template void solve_lanes<std::complex<double>>(const MatrixBatch<const std::complex<double>>&,
                                                const MatrixBatch<const std::complex<double>>&,
                                                const MatrixBatch<std::complex<double>>&);
}  // namespace mmlcore
