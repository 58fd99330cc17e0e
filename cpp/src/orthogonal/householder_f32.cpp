#include "householder.hpp"

namespace mmlcore {
template void householder_gram_schmidt<float>(MatrixView<const float>, MatrixView<float>, float*, double);
template void householder_qr<float>(MatrixView<const float>, MatrixView<float>, MatrixView<float>);
}  // namespace mmlcore
