#include "householder.hpp"

namespace mmlcore {
template void householder_gram_schmidt<double>(MatrixView<const double>, MatrixView<double>, double*, double);
}  // namespace mmlcore
