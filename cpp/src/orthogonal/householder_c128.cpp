#include "householder.hpp"

namespace mmlcore {
using Entry = std::complex<double>;
template void householder_gram_schmidt<Entry>(MatrixView<const Entry>, MatrixView<Entry>, double*, double);
template void householder_qr<Entry>(MatrixView<const Entry>, MatrixView<Entry>, MatrixView<Entry>);
}  // namespace mmlcore
