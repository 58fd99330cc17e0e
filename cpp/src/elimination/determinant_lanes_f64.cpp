#include "determinant_lanes.hpp"

namespace mmlcore {
template void determinant_lanes<double>(const MatrixBatch<const double>&, double*, std::int64_t*,
                                        const std::function<void(index_t)>&);
}  // namespace mmlcore
