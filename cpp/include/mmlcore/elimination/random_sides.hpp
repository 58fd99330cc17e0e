// Random right sides, by which a factorization tells that a matrix is far from singular.
//
// For a square B with smallest singular value s and its left singular vector w, and any vector z,
//
//   |B^-1 z| >= |w'z| / s,    so    s >= t / |B^-1 z|    where    |w'z| >= t.
//
// For entries of z that are independent and uniform in [-1, 1], w'z has a density of at most 1 / sqrt(2) whatever w is: the
// slice of a cube through its centre is at most sqrt(2) times its face (K. Ball, "Cube slicing in R^n", Proc. AMS 97, 1986).
// So |w'z| < t with probability below sqrt(2) t, and for all of p vectors below (sqrt(2) t)^p: but for that,
//
//   s >= t / max_j |B^-1 z_j|
//
// (after J. D. Dixon, "Estimating extremal eigenvalues and condition numbers of matrices", SIAM J. Numer. Anal. 20, 1983).
// In float64, p = 8 and t = 1/64: wrong with probability 6e-14. In float32, a bound of 1/64 of the truth would leave little
// between what rounding makes of a singular matrix, n 6e-8, and ordinary ones: p = 16 and t = 1/8, wrong with probability
// 1e-12. The vectors are the same in every call.
//
// Cost: 2 p n^2 operations for the solutions; singular values cost twenty times a factorization.
#pragma once

#include <cstdint>

#include "mmlcore/core/random.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

template <Real T>
inline constexpr index_t kRandomSides = sizeof(T) == 8 ? 8 : 16;  // p
template <Real T>
inline constexpr double kLeastShare = sizeof(T) == 8 ? 1.0 / 64 : 1.0 / 8;  // t

// The vectors z as columns of n x p.
template <Real T>
void fill_random_sides(MatrixView<T> z) {
  const Philox generator(0);
  for (index_t i = 0; i < z.rows; ++i) {
    for (index_t j = 0; j < kRandomSides<T>; ++j) {
      z(i, j) = static_cast<T>(2 * generator.uniform(static_cast<std::uint64_t>(i * kRandomSides<T> + j)) - 1);
    }
  }
}

}  // namespace mmlcore
