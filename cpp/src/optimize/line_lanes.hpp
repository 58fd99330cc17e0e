// W regressions, one in each lane, from the triangle of their columns: see regressions.hpp for the mathematics.
#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/lane_algebra.hpp"
#include "mmlcore/core/lanes.hpp"
#include "mmlcore/optimize/linear_fit.hpp"
#include "mmlcore/optimize/regressions.hpp"

namespace mmlcore::optimize {

struct LineLanes {
  using S = Simd<double>;
  using V = S::Vec;
  using Mask = S::Mask;
  static constexpr int W = S::width;
  static constexpr double kEps = std::numeric_limits<double>::epsilon();
  static constexpr double kMostTrace = 1e4;    // 1 / the smallest eigenvalue of the correlations
  static constexpr double kTightShare = 1e-6;  // of the variance, which is left
  static constexpr double kMostShift = 1e4;

  LineLanes(index_t d, bool constant)
      : d(d),
        side(d + constant),
        constant(constant),
        memory((4 * d * d + 8 * d + 8 + (d + 1) * (d + 1)) * W),
        row(reinterpret_cast<V*>(memory.data())),
        pivot(row + d * (d + 1)),
        square(pivot + d),
        mean(square + d + 1),
        b(mean + d + 1),
        inverse(b + d),
        covariance(inverse + d * d),
        along(covariance + side * side) {}

  const index_t d, side;
  const bool constant;
  Buffer<double> memory;
  V *row, *pivot, *square, *mean;  // row[j (d + 1) + k]: U_jk for k > j, t_j for k = d; a; lengths before; means
  V *b, *inverse, *covariance, *along;
  V total{}, points{}, rest{};  // sum of the weights, rows, chi2
  V intercept{}, dof{}, r2{};

  // U, a, t and the rest from sums of products of the columns (X, y), entry(i, k) for i <= k, in place.
  template <class Entry>
  [[gnu::always_inline]] void eliminate(index_t columns, Entry&& entry) {
    for (index_t j = 0; j < columns; ++j) {
      pivot[j] = entry(j, j);
      const V over = 1 / pivot[j];
      for (index_t k = j + 1; k <= columns; ++k) row[j * (columns + 1) + k] = entry(j, k) * over;
      for (index_t i = j + 1; i <= columns; ++i) {
        const V factor = row[j * (columns + 1) + i];
        for (index_t k = i; k <= columns; ++k) entry(i, k) -= factor * entry(j, k);
      }
    }
    rest = entry(columns, columns);
  }

  // Everything else; lanes whose numbers are within the range, and whose inverse, of columns of length one, has a trace
  // below `most`.
  template <index_t D = 0>
  [[gnu::always_inline]] Mask finish(V most) {
    const index_t n = D ? D : d, wide = n + 1;
    dof = points - static_cast<double>(side);
    const V unit = rest / dof;
    r2 = 1 - rest / square[n];
    V trace{};
    for (index_t i = n - 1; i >= 0; --i) {
      V value = row[i * wide + n];
      for (index_t k = i + 1; k < n; ++k) value -= row[i * wide + k] * b[k];
      b[i] = value;
      inverse[i * n + i] = S::splat(1);
      for (index_t k = i + 1; k < n; ++k) {  // row i of U^-1
        V sum{};
        for (index_t l = i + 1; l <= k; ++l) sum -= row[i * wide + l] * inverse[l * n + k];
        inverse[i * n + k] = sum;
      }
    }
    V over[D ? D : 1];
    V* const weight = D ? over : along;
    for (index_t k = 0; k < n; ++k) weight[k] = 1 / pivot[k];
    for (index_t i = 0; i < n; ++i) {
      for (index_t j = 0; j <= i; ++j) {
        V sum{};
        for (index_t k = i; k < n; ++k) sum += inverse[i * n + k] * inverse[j * n + k] * weight[k];
        covariance[i * side + j] = sum * unit;
        covariance[j * side + i] = sum * unit;
        if (i == j) trace += sum * square[i];
      }
    }
    if (constant) {
      intercept = mean[n];
      V around = 1 / total * unit;
      for (index_t i = 0; i < n; ++i) {
        V with_mean{};
        for (index_t j = 0; j < n; ++j) with_mean += covariance[i * side + j] * mean[j];
        covariance[i * side + n] = covariance[n * side + i] = -with_mean;
        around += mean[i] * with_mean;
        intercept -= b[i] * mean[i];
      }
      covariance[n * side + n] = around;
    }
    Mask fine = trace < most;  // not for NaN
    // Rounding can make the square of what is left of a dependent column negative, and the trace with it.
    for (index_t k = 0; k < n; ++k) fine &= pivot[k] > 0;
    V sum = rest * 0 + intercept * 0;
    for (index_t i = 0; i < n; ++i) sum += b[i] * 0;
    for (index_t i = 0; i < side * side; ++i) sum += covariance[i] * 0;
    fine &= sum == 0;
    for (index_t j = 0; j <= n; ++j) {
      fine &= (square[j] > 1e-280) & (square[j] < 1e280);
      // What is left of a column of one number are rounding errors.
      if (constant) fine &= square[j] > 16 * kEps * kEps * mean[j] * mean[j] * total;
    }
    return fine;
  }

  // The same after `eliminate`: lanes whose sums of products keep their digits; `apart` are squares about the shift, in
  // units of those about the mean.
  template <index_t D = 0>
  [[gnu::always_inline]] Mask finish_sums(V apart) {
    const Mask fine = finish<D>(S::splat(kMostTrace));
    return fine & (rest > kTightShare * square[D ? D : d]) & (apart < kMostShift);
  }

  void store(const Regressions& out, index_t count, index_t first, Mask fine) const {
    const auto items = [&](double* data, index_t rows, index_t columns, const V* from) {
      MatrixBatch<double> stack{c_order(data, rows, columns), {}};
      stack.batch.push(count, rows * columns);
      store_lanes<double>(LaneGroup<double>(stack, first), from);
    };
    items(out.coefficients, 1, d, b);
    items(out.covariance, side, side, covariance);
    const index_t used = std::min<index_t>(W, count - first);
    for (index_t lane = 0; lane < used; ++lane) {
      out.constant[first + lane] = intercept[lane];
      out.chi2[first + lane] = rest[lane];
      out.dof[first + lane] = dof[lane];
      out.r2[first + lane] = r2[lane];
      out.status[first + lane] = fine[lane] ? 1 : 0;
    }
  }
};

// Problem i from its rows.
template <class T>
void regress_one(MatrixView<const T> x, VectorView<const T> y, const double* sigma, bool constant, const Regressions& out,
                 index_t i) {
  const index_t d = x.cols, side = d + constant;
  Line line{out.coefficients + i * d, out.covariance + i * side * side};
  const bool fitted = linear_fit<T>(x, y, sigma, constant, line) == Outcome::Fitted;
  out.constant[i] = line.constant;
  out.chi2[i] = line.chi2;
  out.dof[i] = line.dof;
  out.r2[i] = line.r2;
  out.status[i] = fitted;
}

}  // namespace mmlcore::optimize
