// A stationary point of f among the points with g(x) = 0, of few unknowns, from one start.
//
// With L(z) = f(x) - sum lambda_i g_i(x), z = (x, lambda), Newton's method solves grad L = 0 (newton.hpp); its Jacobian is
// the bordered Hessian (H, -G'; -G, 0), with G the Jacobian of g. One program gives gradient and Hessian, so that at (x, 0)
// it has all that the first multipliers, the least squares solution of G' lambda = grad f, are made of, and at the solution
// the curvatures T' H T along the directions T that keep g: T completes the orthonormal columns of G' to those of the space.
//
// Source: J. Nocedal, S. J. Wright, "Numerical Optimization", 2nd ed. (2006), 12.4, 12.5 and 18.1. Cost: that of newton.hpp
// with two evaluations more. Two unknowns and one constraint take 6.4 us with the call; by stacks of one, a step each in
// Python, 46.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "mmlcore/optimize/newton.hpp"

namespace mmlcore::optimize {

inline constexpr index_t kMostOfLagrange = 4;  // unknowns and multipliers

struct Stationary {
  std::array<double, kMostOfLagrange> z;  // x, then the multipliers
  double norm;                            // of grad L
  std::int64_t steps;
  std::string_view kind;  // 'minimum', 'maximum', 'saddle' or 'inconclusive'
};

// n unknowns and m constraints, n + m <= kMostOfLagrange; `both` of L gives gradient and Hessian. None where the search did
// not converge, or where constraints depend on each other: then the longer way tells how it is.
std::optional<Stationary> stationary_point(const NewtonPrograms& lagrangian, index_t n, index_t m, const double* start,
                                           const NewtonOptions& options);

}  // namespace mmlcore::optimize
