#include "solve_triangle.hpp"

namespace mmlcore {

template void solve_unit_lower<double>(MatrixView<const double>, MatrixView<double>, bool);
template void solve_upper<double>(MatrixView<const double>, MatrixView<double>, bool);

}  // namespace mmlcore
