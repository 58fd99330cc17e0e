#include "solve_triangle.hpp"

namespace mmlcore {

template void solve_unit_lower<float>(MatrixView<const float>, MatrixView<float>, bool);
template void solve_upper<float>(MatrixView<const float>, MatrixView<float>, bool);

}  // namespace mmlcore
