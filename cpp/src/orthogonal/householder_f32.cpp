#include "householder.hpp"

namespace mmlcore {
template void householder_gram_schmidt<float>(MatrixView<const float>, MatrixView<float>, float*, double);
}  // namespace mmlcore
