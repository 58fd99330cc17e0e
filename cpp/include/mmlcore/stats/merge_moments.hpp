// Sums of two sets of points become those of both (Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for
// computing sample variances", COMPSTAT 1982, eq. 2.1): with means m, weights n and apart = m_b - m_a,
//
//   m = m_a + (n_b / n) apart,   S = S_a + S_b + (n_a n_b / n) apart apart'.
//
// Means come in two parts, and `apart` is taken from both: it has the digits of the data's spread, not of their distance
// from zero. Cost: 3 d^2 operations, 24 d^2 bytes; no memory of its own.
#pragma once

#include <cmath>

#include "mmlcore/stats/covariance.hpp"

namespace mmlcore {

// Writes the sums of `a` and `b` of d columns, both with points, to `to`, which may be `b`. False, with nothing written,
// where a square leaves the range: an entry of a scatter matrix is no larger than the largest of its diagonal.
inline bool merge_moments(const Moments& a, const Moments& b, index_t d, Moments& to) {
  const double total = a.weight + b.weight, share = b.weight / total, between = a.weight * share;
  const auto apart = [&](index_t j) { return (b.mean[j] - a.mean[j]) + (b.low[j] - a.low[j]); };
  for (index_t j = 0; j < d; ++j) {
    const double gap = apart(j);
    if (!std::isfinite((a.scatter[j * (d + 1)] + b.scatter[j * (d + 1)]) + gap * gap * between)) return false;
  }
  for (index_t i = 0; i < d; ++i) {
    const double gap = apart(i) * between;
    const double *sa = a.scatter + i * d, *sb = b.scatter + i * d;
    double* s = to.scatter + i * d;
    for (index_t j = 0; j <= i; ++j) s[j] = (sa[j] + sb[j]) + gap * apart(j);
  }
  for (index_t i = 0; i < d; ++i)
    for (index_t j = i + 1; j < d; ++j) to.scatter[i * d + j] = to.scatter[j * d + i];
  for (index_t j = 0; j < d; ++j) {
    const double large = a.mean[j], small = a.low[j] + apart(j) * share;  // Knuth's two-sum
    const double both = large + small, part = both - large;
    to.mean[j] = both;
    to.low[j] = (large - (both - part)) + (small - part);
  }
  to.weight = total;
  return true;
}

}  // namespace mmlcore
