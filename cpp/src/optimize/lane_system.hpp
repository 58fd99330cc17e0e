// The normal equations of P parameters in each SIMD lane, by Cholesky's factors. Triangles are packed row by row.
#pragma once

#include "mmlcore/core/simd.hpp"
#include "mmlcore/elimination/cholesky.hpp"
#include "mmlcore/elimination/substitution.hpp"
#include "mmlcore/optimize/r_factor.hpp"

namespace mmlcore::optimize {

template <int P>
struct LaneSystem {
  using S = Simd<double>;
  using Vec = S::Vec;
  using Mask = S::Mask;
  static constexpr int kProducts = P * (P + 1) / 2;
  static constexpr index_t at(index_t i, index_t j) { return i * (i + 1) / 2 + j; }  // j <= i

  // A + lambda diag(A), restricted to the open parameters: its Cholesky factor and the step. True where digits are kept.
  static Mask solve(const Vec* products, const Vec* towards, const Vec* open, Vec lambda, Vec* factor, Vec* step) {
    const Vec one = S::splat(1);
    Mask regular = lambda == lambda;
    const auto damped = [&](index_t i, index_t j) {
      const Vec product = products[at(i, j)] * open[i] * open[j];
      return i == j ? S::fma(product, lambda, product) + (one - open[j]) : product;
    };
    const auto entry = [&](index_t i, index_t j) -> Vec& { return factor[at(i, j)]; };
    cholesky_small<Vec>(P, damped, entry, [&](index_t, const Vec& whole, const Vec& pivot) {
      regular &= pivot > kSafePivot * whole;
      return true;
    });
    const VectorView<Vec> x{step, P, 1};
    for (int i = 0; i < P; ++i) step[i] = -towards[i] * open[i];
    const auto divide = [&](index_t i, Vec sum) { return sum / factor[at(i, i)]; };
    substitute_forward(P, entry, divide, x);
    substitute_backward(
        P, [&](index_t i, index_t k) { return factor[at(k, i)]; }, divide, x);
    return regular;
  }

  // (L L^T)^-1 for the open parameters, zeros for the others.
  static void inverse(const Vec* factor, const Vec* open, Vec* result) {
    Vec inverse[kProducts];  // of L
    for (int j = 0; j < P; ++j) {
      Vec column[P]{S::splat(1)};
      substitute_forward(
          P - j, [&](index_t i, index_t k) { return factor[at(i + j, k + j)]; },
          [&](index_t i, Vec sum) { return sum / factor[at(i + j, i + j)]; }, VectorView<Vec>{column, P - j, 1});
      for (int i = j; i < P; ++i) inverse[at(i, j)] = column[i - j];
    }
    for (int i = 0; i < P; ++i) {
      for (int j = 0; j <= i; ++j) {
        Vec sum{};
        for (int k = i; k < P; ++k) sum = S::fma(inverse[at(k, i)], inverse[at(k, j)], sum);
        result[at(i, j)] = sum * open[i] * open[j];
      }
    }
  }
};

}  // namespace mmlcore::optimize
