#include "determinant_lanes.hpp"

namespace mmlcore {
template void determinant_lanes<std::complex<double>>(const MatrixBatch<const std::complex<double>>&, std::complex<double>*,
                                                      std::int64_t*, const std::function<void(index_t)>&);
}  // namespace mmlcore
