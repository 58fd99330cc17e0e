#include "householder.hpp"

namespace mmlcore {
template void householder_gram_schmidt<double>(MatrixView<const double>, MatrixView<double>, double*, double);
template void householder_qr<double>(MatrixView<const double>, MatrixView<double>, MatrixView<double>);
}  // namespace mmlcore
