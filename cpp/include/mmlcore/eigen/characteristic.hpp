// The coefficients of det(x I - A) = x^n + c_1 x^(n-1) + ... + c_n, each the exact one rounded once.
//
// Newton's identities find them from the traces t_k of the powers of A (Faddeev, Faddeeva, "Computational methods of linear
// algebra", 1963, section 47):
//
//   k c_k = -(t_k + c_1 t_(k-1) + ... + c_(k-1) t_1).
//
// Numbers are pairs of float64 that do not overlap, some 104 bits (T. J. Dekker, "A floating-point technique for extending
// the available precision", Numer. Math. 18, 1971). The same steps with |A| and plus signs bound what rounding may have done
// to a coefficient. That suffices where all numbers within the bound round to one float64 (A. Ziv, "Fast evaluation of
// elementary mathematical functions with correctly rounded last bit", ACM TOMS 17, 1991), or where the bound is below half a
// unit of the grid that the exact coefficient lies on: with whole entries it is whole, and zero is found to be zero.
//
// Of complex matrices both parts are found so, with absolute values in the bound.
//
// Cost: n / 2 products of matrices, some 20 operations for each of theirs, 90 of complex numbers.
//
// Of more rows than kExactOrder the coefficients are those of the product of x - value over the eigenvalues, n^2 / 2
// multiply-adds more than these cost (general_pairs.hpp).
#pragma once

#include <complex>
#include <type_traits>

#include "mmlcore/core/numbers.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kExactOrder = 12;
inline constexpr index_t kExactComplexOrder = 8;  // from 9 rows on eigenvalues of complex matrices take less time

template <class T>
using Widened = std::conditional_t<Complex<T>, std::complex<double>, double>;

// The n + 1 coefficients of an n x n matrix, n <= kExactOrder, or kExactComplexOrder, the highest power first. False where
// rounding leaves one open, and where entries are not finite or far from 1: whole numbers of any length then have to tell
// (eigen/_polynomial.py).
template <class T>
bool characteristic_polynomial(MatrixView<const T> a, Widened<T>* coefficients);

// The n + 1 coefficients of the product of x - root, the highest power first.
void polynomial_of_roots(const std::complex<double>* roots, index_t n, std::complex<double>* coefficients);

extern template bool characteristic_polynomial<float>(MatrixView<const float>, double*);
extern template bool characteristic_polynomial<double>(MatrixView<const double>, double*);
extern template bool characteristic_polynomial<std::complex<float>>(MatrixView<const std::complex<float>>,
                                                                    std::complex<double>*);
extern template bool characteristic_polynomial<std::complex<double>>(MatrixView<const std::complex<double>>,
                                                                     std::complex<double>*);

}  // namespace mmlcore
