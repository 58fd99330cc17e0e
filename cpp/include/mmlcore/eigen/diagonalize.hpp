// A = P D P^-1: the inverse of eigenvectors that certainly are a basis.
//
// They count as one where their condition number is below 0.1 u^(-1/2): a perturbation by rounding would else join two of
// them (Wilkinson, "The algebraic eigenvalue problem", 1965, chapter 2). It is at most |P| |P^-1| in Frobenius' norm, which
// costs nothing once P^-1 is there, by elimination (elimination/lu.hpp, complex_lu.hpp).
//
// Cost: 8/3 n^3 operations, four times that for complex vectors.
#pragma once

#include <complex>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// Columns of n x n, contiguous. False where they are not certainly a basis, by twice what is asked for.
template <class T>
bool invert_basis(const T* p, index_t n, T* inverse);
template <class T>
bool invert_basis(const std::complex<T>* p, index_t n, std::complex<T>* inverse);

extern template bool invert_basis<float>(const float*, index_t, float*);
extern template bool invert_basis<double>(const double*, index_t, double*);
extern template bool invert_basis<float>(const std::complex<float>*, index_t, std::complex<float>*);
extern template bool invert_basis<double>(const std::complex<double>*, index_t, std::complex<double>*);

}  // namespace mmlcore
