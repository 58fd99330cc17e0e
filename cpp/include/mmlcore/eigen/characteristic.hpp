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
// Cost: n / 2 products of matrices, some 20 operations for each of theirs.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kExactOrder = 12;

// The n + 1 coefficients of an n x n matrix, n <= kExactOrder, the highest power first. False where rounding leaves one
// open, and where entries are not finite or far from 1: whole numbers of any length then have to tell
// (eigen/_polynomial.py).
template <class T>
bool characteristic_polynomial(MatrixView<const T> a, double* coefficients);

extern template bool characteristic_polynomial<float>(MatrixView<const float>, double*);
extern template bool characteristic_polynomial<double>(MatrixView<const double>, double*);

}  // namespace mmlcore
