// Moments of numbers that follow one another: block by block in the first-level cache, blocks merged. Private to
// column_moments.cpp.
//
// Each block has a shift of its own, the middle one of three of its numbers. Blocks, and ranges that other threads sum, are
// merged by
//
//   delta = mean_b - mean_a,  mean = mean_a + delta W_b / W,  squares = squares_a + squares_b + delta^2 W_a W_b / W
//
// (Chan, Golub, LeVeque, 1983, eq. 2.1), the mean with what rounding takes from it: data that drift lose nothing.
#pragma once

#include <algorithm>
#include <cmath>

#include "mmlcore/core/lane_sums.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/core/sum_of.hpp"
#include "mmlcore/core/views.hpp"
#include "provisional_mean.hpp"

namespace mmlcore {

struct Moment {
  double weight = 0, mean = 0, low = 0, squares = 0;

  void merge(const Moment& b) {
    if (b.weight == 0) return;
    if (weight == 0 || !std::isfinite(mean) || !std::isfinite(b.mean)) {
      const double sum = weight == 0 ? b.mean : std::isfinite(mean) ? b.mean : std::isfinite(b.mean) ? mean : mean + b.mean;
      *this = {weight + b.weight, sum, weight == 0 ? b.low : 0, weight == 0 ? b.squares : squares + b.squares};
      return;
    }
    const double all = weight + b.weight, delta = (b.mean - mean) + (b.low - low);
    const double step = low + delta * (b.weight / all), before = mean;
    set_mean(before, step, mean, low);
    squares += b.squares + delta * delta * (weight * (b.weight / all));
    weight = all;
  }
};

namespace detail {

inline constexpr index_t kMomentBlock = 2048, kMomentPiece = 256;  // numbers at most, and at least to be beside others

// Vectors of float64 from numbers of either type.
inline Simd<double>::Vec widened(const double* x) { return Simd<double>::load(x); }
inline Simd<double>::Vec widened(const float* x) {
  using Half = Simd<float, kVectorBytes / 2>;
  return __builtin_convertvector(Half::load(x), Simd<double>::Vec);
}

// Pairwise, which waits for three additions instead of eight.
inline double sum_of_lanes(Simd<double>::Vec v) {
  double part[Simd<double>::width];
  Simd<double>::store(part, v);
  for (int half = Simd<double>::width / 2; half > 0; half /= 2) {
    for (int k = 0; k < half; ++k) part[k] += part[k + half];
  }
  return part[0];
}

// Sums of w (x - shift) and w (x - shift)^2, in four chains of vectors.
template <bool Squares, bool Weighted, class T>
void shifted_sums(const T* x, index_t n, double shift, const double* weights, double& d, double& q) {
  using S = Simd<double>;
  constexpr index_t W = S::width;
  typename S::Vec sums[4] = {}, squares[4] = {};
  const auto add = [&](index_t i, int chain) __attribute__((always_inline)) {
    const typename S::Vec v = widened(x + i) - shift, wv = Weighted ? S::load(weights + i) * v : v;
    sums[chain] += wv;
    if (Squares) squares[chain] += wv * v;
  };
  index_t i = 0;
  for (; i + 4 * W <= n; i += 4 * W) {
#pragma GCC unroll 4
    for (int chain = 0; chain < 4; ++chain) add(i + chain * W, chain);
  }
  if (i + 2 * W <= n) {
    add(i, 0);
    add(i + W, 1);
    i += 2 * W;
  }
  if (i + W <= n) {
    add(i, 2);
    i += W;
  }
  double rest[2] = {}, squared[2] = {};
  for (; i < n; ++i) {
    const double v = x[i] - shift, wv = Weighted ? weights[i] * v : v;
    rest[i % 2] += wv;
    if (Squares) squared[i % 2] += wv * v;
  }
  d = rest[0] + rest[1];
  q = squared[0] + squared[1];
  if (n < W) return;
  d += sum_of_lanes((sums[0] + sums[1]) + (sums[2] + sums[3]));
  if (Squares) q += sum_of_lanes((squares[0] + squares[1]) + (squares[2] + squares[3]));
}

template <bool Squares, bool Weighted, class T>
Moment block_moment(const T* x, index_t n, const double* weights) {
  Moment found{Weighted ? sum_of(weights, n) : static_cast<double>(n), 0, 0, 0};
  if (found.weight == 0) return found;
  double shift = middle_of(double{x[0]}, double{x[n / 2]}, double{x[n - 1]}), d = 0, q = 0;
  if (!std::isfinite(shift)) shift = 0;
  shifted_sums<Squares, Weighted>(x, n, shift, weights, d, q);
  if (Squares && misled(d, found.weight, q)) {
    shift += d / found.weight;
    shifted_sums<Squares, Weighted>(x, n, shift, weights, d, q);
  }
  if (!std::isfinite(d)) {  // infinity or NaN as a sum of the numbers has it, unless the shift alone is to blame
    shift = 0;
    shifted_sums<Squares, Weighted>(x, n, shift, weights, d, q);
  }
  const double offset = d / found.weight, rest = q - d * offset;
  set_mean(shift, offset, found.mean, found.low);
  found.squares = std::max(rest, 0 * rest);  // NaN stays
  return found;
}

}  // namespace detail

// Of W columns of n numbers at once, unweighted, W <= n <= kMomentBlock: sums along each, whose lanes are added together.
// A column whose numbers are not finite, or whose shift misled, is done by itself.
template <bool Squares, class T>
void moments_beside(const T* x, index_t stride, index_t n, Moment* to) {
  using S = Simd<double>;
  using Vec = typename S::Vec;
  constexpr int W = S::width;
  double shift[W];
  for (int c = 0; c < W; ++c) {
    const T* const own = x + c * stride;
    shift[c] = middle_of(double{own[0]}, double{own[n / 2]}, double{own[n - 1]});
  }
  Vec sums[W] = {}, squares[W] = {};
  const auto add = [&](index_t at, auto&& masked) __attribute__((always_inline)) {
#pragma GCC unroll 8
    for (int c = 0; c < W; ++c) {
      const Vec v = masked(detail::widened(x + c * stride + at) - shift[c]);
      sums[c] += v;
      if (Squares) squares[c] += v * v;
    }
  };
  index_t at = 0;
  for (; at + W <= n; at += W) add(at, [](Vec v) { return v; });
  if (at < n) {
    typename S::Mask fresh;
    for (int l = 0; l < W; ++l) fresh[l] = n - W + l >= at ? -1 : 0;
    add(n - W, [=](Vec v) { return reinterpret_cast<Vec>(reinterpret_cast<typename S::Mask>(v) & fresh); });
  }
  const double count = static_cast<double>(n);
  const Vec d = sums_of_lanes<double>(sums), q = Squares ? sums_of_lanes<double>(squares) : Vec{}, offset = d / count;
  for (int c = 0; c < W; ++c) {
    if (!std::isfinite(d[c]) || (Squares && misled(d[c], count, q[c]))) {
      to[c] = detail::block_moment<Squares, false>(x + c * stride, n, nullptr);
      continue;
    }
    to[c].weight = count;
    set_mean(shift[c], offset[c], to[c].mean, to[c].low);
    if (!Squares) continue;
    const double rest = q[c] - d[c] * offset[c];
    to[c].squares = std::max(rest, 0 * rest);
  }
}

// Of n contiguous numbers; W blocks at a time, which a processor fetches sooner than one after the other: means of 40,000 x
// 82 in Fortran order, 26 MB: 1530 to 1640 us block by block, 1270 to 1400 so, one thread.
template <bool Squares, bool Weighted, class T>
Moment contiguous_moment(const T* x, index_t n, const double* weights) {
  constexpr index_t size = detail::kMomentBlock, W = Simd<double>::width;
  Moment all;
  index_t i = 0;
  if constexpr (!Weighted) {
    for (index_t piece; (piece = std::min(size, (n - i) / W)) >= detail::kMomentPiece; i += W * piece) {
      Moment found[W];
      moments_beside<Squares>(x + i, piece, piece, found);
      for (const Moment& block : found) all.merge(block);
    }
  }
  for (; i < n; i += size) {
    all.merge(detail::block_moment<Squares, Weighted>(x + i, std::min(n - i, size), Weighted ? weights + i : nullptr));
  }
  return all;
}

}  // namespace mmlcore
