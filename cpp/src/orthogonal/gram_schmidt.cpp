#include "mmlcore/orthogonal/gram_schmidt.hpp"

namespace mmlcore {

template <class T>
void gram_schmidt(MatrixView<const T> a, MatrixView<T> q, RealPart<T>* norms, double rtol) {
  if (a.empty()) {
    for (index_t j = 0; j < a.cols; ++j) norms[j] = 0;
    return;
  }
  if constexpr (!Complex<T>) {
    if (a.rows >= 2 * a.cols && a.cols <= 512 && cholesky_qr<T>(a, q, norms, rtol)) return;
  }
  householder_gram_schmidt<T>(a, q, norms, rtol);
}

template void gram_schmidt<float>(MatrixView<const float>, MatrixView<float>, float*, double);
template void gram_schmidt<double>(MatrixView<const double>, MatrixView<double>, double*, double);
template void gram_schmidt<std::complex<float>>(MatrixView<const std::complex<float>>, MatrixView<std::complex<float>>,
                                                float*, double);
template void gram_schmidt<std::complex<double>>(MatrixView<const std::complex<double>>, MatrixView<std::complex<double>>,
                                                 double*, double);

}  // namespace mmlcore
