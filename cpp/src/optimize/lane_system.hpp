// The normal equations of P parameters in each SIMD lane, by Cholesky's factors. Triangles are packed row by row.
#pragma once

#include "mmlcore/core/simd.hpp"
#include "mmlcore/optimize/r_factor.hpp"

namespace mmlcore::optimize {

template <int P>
struct LaneSystem {
  using S = Simd<double>;
  using Vec = S::Vec;
  using Mask = S::Mask;
  static constexpr int kProducts = P * (P + 1) / 2;
  static constexpr int at(int i, int j) { return i * (i + 1) / 2 + j; }  // j <= i

  // A + lambda diag(A), restricted to the open parameters: its Cholesky factor and the step. True where digits are kept.
  static Mask solve(const Vec* products, const Vec* towards, const Vec* open, Vec lambda, Vec* factor, Vec* step) {
    const Vec one = S::splat(1);
    Mask regular = lambda == lambda;
    for (int j = 0; j < P; ++j) {
      for (int i = j; i < P; ++i) {
        Vec sum = products[at(i, j)] * open[i] * open[j];
        if (i == j) sum = S::fma(sum, lambda, sum) + (one - open[j]);
        const Vec whole = sum;
        for (int k = 0; k < j; ++k) sum -= factor[at(i, k)] * factor[at(j, k)];
        if (i == j) {
          regular &= sum > kSafePivot * whole;
          factor[at(i, i)] = S::sqrt(sum);
        } else {
          factor[at(i, j)] = sum / factor[at(j, j)];
        }
      }
    }
    for (int i = 0; i < P; ++i) {
      Vec sum = -towards[i] * open[i];
      for (int k = 0; k < i; ++k) sum -= factor[at(i, k)] * step[k];
      step[i] = sum / factor[at(i, i)];
    }
    for (int i = P - 1; i >= 0; --i) {
      Vec sum = step[i];
      for (int k = i + 1; k < P; ++k) sum -= factor[at(k, i)] * step[k];
      step[i] = sum / factor[at(i, i)];
    }
    return regular;
  }

  // (L L^T)^-1 for the open parameters, zeros for the others.
  static void inverse(const Vec* factor, const Vec* open, Vec* result) {
    Vec inverse[kProducts];  // of L
    for (int j = 0; j < P; ++j) {
      for (int i = j; i < P; ++i) {
        Vec sum = i == j ? S::splat(1) : Vec{};
        for (int k = j; k < i; ++k) sum -= factor[at(i, k)] * inverse[at(k, j)];
        inverse[at(i, j)] = sum / factor[at(i, i)];
      }
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
