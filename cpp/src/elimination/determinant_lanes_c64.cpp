#include "determinant_lanes.hpp"

namespace mmlcore {
template void determinant_lanes<std::complex<float>>(const MatrixBatch<const std::complex<float>>&, std::complex<float>*,
                                                     std::int64_t*, const std::function<void(index_t)>&);
}  // namespace mmlcore
