// Products of complex matrices as real products of the same cost.
//
// A complex matrix in rows is, where it lies, a real one of twice the columns: re, im, re, im ... Let B' have two real rows
// for each row b of B, those of b and of i b:
//
//   [a_0 + i a_1] b = [a_0 a_1] [b; i b],     so     C as 2 n real columns  =  A as 2 k real columns  times  B' (2 k x 2 n)
//
// A and C are read and written in place by the real kernels (product_small.hpp, product.hpp), which take 2 m 2k 2n
// operations, as many as the complex product has; only B' is written down, 4 k n numbers. Few rows of A, or as many as B
// has, go the other way: the real parts and the imaginary parts of a row are two rows that are multiplied by B where it
// lies, which writes 2 m k + 4 m n numbers. One row of A or one column of B: complex_vector.hpp.
//
// Error: as of the plain formula with real sums, gamma_{2k} |A| |B| (Higham, "Accuracy and stability of numerical
// algorithms", 2nd ed., section 3.6).
#pragma once

#include "mmlcore/core/numbers.hpp"

namespace mmlcore {

// C = A B; C in rows, and no part of A or B.
template <Complex T>
void complex_product(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c);

// C -= A B, all three in rows.
template <Complex T>
void subtract_complex_product(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c);

// c[i] = a[i] b[i] for stacks of equal count, any strides of a and b, c in rows.
template <Complex T>
void product_batch(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& c);

extern template void complex_product<std::complex<float>>(MatrixView<const std::complex<float>>,
                                                          MatrixView<const std::complex<float>>,
                                                          MatrixView<std::complex<float>>);
extern template void complex_product<std::complex<double>>(MatrixView<const std::complex<double>>,
                                                           MatrixView<const std::complex<double>>,
                                                           MatrixView<std::complex<double>>);
extern template void subtract_complex_product<std::complex<float>>(MatrixView<const std::complex<float>>,
                                                                   MatrixView<const std::complex<float>>,
                                                                   MatrixView<std::complex<float>>);
extern template void subtract_complex_product<std::complex<double>>(MatrixView<const std::complex<double>>,
                                                                    MatrixView<const std::complex<double>>,
                                                                    MatrixView<std::complex<double>>);
extern template void product_batch<std::complex<float>>(const MatrixBatch<const std::complex<float>>&,
                                                        const MatrixBatch<const std::complex<float>>&,
                                                        const MatrixBatch<std::complex<float>>&);
extern template void product_batch<std::complex<double>>(const MatrixBatch<const std::complex<double>>&,
                                                         const MatrixBatch<const std::complex<double>>&,
                                                         const MatrixBatch<std::complex<double>>&);

}  // namespace mmlcore
