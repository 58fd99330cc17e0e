// A = P D P^-1: the inverse of eigenvectors that certainly are a basis.
//
// They count as one where their condition number is below 0.1 u^(-1/2): a perturbation by rounding would else join two of
// them (Wilkinson, "The algebraic eigenvalue problem", 1965, chapter 2). It is at most |P| |P^-1| in Frobenius' norm, which
// costs nothing once P^-1 is there. P^-1 is found by elimination, of complex vectors as a real system of twice the size:
//
//   [Re P, -Im P; Im P, Re P] [Re X; Im X] = [I; 0].
//
// Cost: 2 n^3 operations, 7 n^3 for complex vectors.
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
