#include "determinant_lanes.hpp"

namespace mmlcore {
template void determinant_lanes<float>(const MatrixBatch<const float>&, float*, std::int64_t*,
                                       const std::function<void(index_t)>&);
}  // namespace mmlcore
