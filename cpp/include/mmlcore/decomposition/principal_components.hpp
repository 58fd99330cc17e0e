// Principal components of data of few features or points: the directions v_1, v_2, ... in which centred data vary most.
//
// With the singular value decomposition of the centred data X - 1 m' = U diag(s) V', the rows of V' are the components, and
// s_j^2 / (n - 1) the variances along them (M. P. Deisenroth, A. A. Faisal, C. S. Ong, "Mathematics for Machine Learning",
// 2020, section 10.4). Two routes:
//
//   values     the decomposition itself (singular/jacobi_svd.hpp), of data that fit the caches: every digit is kept
//   scatter    eigenvectors of the matrix of scatter (X - 1 m')'(X - 1 m'), of more points: variances below 1e-15 of the
//              largest are noise (1e-7 for float32 data of more than kNarrowScatter features)
//
// The sign of a component is such that its leading entry is positive: the first whose size is within 1e-3 of the largest,
// which rounding, of float32 data too, does not move.
//
// Cost: 2 n d^2 + 15 d^3 flops (n >= d), or n d^2 + 7 d^3; one pass over the data each for the mean and for what follows.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kValuesRoute = 500;     // points and features up to which the first route is taken
inline constexpr index_t kScatterFeatures = 64;  // features of the second route, at most

template <class T>
struct PrincipalComponents {
  double* mean;              // (d,)
  double* low;               // (d,): what rounding took from the mean
  double* variances;         // (min(n, d),), descending; behind the first k they need not be set
  MatrixView<T> components;  // k x d
  double total;              // of all variances; set by the kernel
};

// Whether there is a route for n points in d dimensions.
bool has_few_components(index_t n, index_t d);

// False where the numbers need care: NaN or infinity, squares near the ends of the range, no convergence.
template <class T>
bool principal_components(const MatrixView<const T>& x, PrincipalComponents<T>& found);

extern template bool principal_components<float>(const MatrixView<const float>&, PrincipalComponents<float>&);
extern template bool principal_components<double>(const MatrixView<const double>&, PrincipalComponents<double>&);

}  // namespace mmlcore
