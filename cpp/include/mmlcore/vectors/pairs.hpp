// What two vectors measure, each in one or two passes over both, without a temporary:
//
//   distance    sqrt(<x - y, x - y>)          length             sqrt(<x, x>), of a product by inner.hpp
//   cosine      <x, y> / (|x| |y|)            scalar projection  <x, y> / |y|
//   angle       2 atan2(|u - v|, |u + v|), u and v made equally long (W. Kahan, "How futile are mindless assessments of
//               roundoff in floating-point computation?", 2006, section 12): the arc cosine loses half of the digits near 0
//   projection  <x, y> / <y, y> y
//
// Sums are taken by blocks (core/dot.hpp), so that their errors are some u at every length; strided vectors go through
// contiguous pieces. Lengths whose squares leave the range are taken by careful_length.hpp. The others answer false when a
// square leaves the range, or a vector is zero, NaN or infinite: their caller then takes the long way, which scales or says
// what is wrong. Bounded by memory for long vectors: numpy makes two to five passes for each of them.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "mmlcore/core/careful_length.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {
namespace detail {

// K sums over j of what terms(x_j, y_j, sums) adds to them, for numbers and for vectors of numbers alike.
template <int K, class T, class Terms>
std::array<T, K> block_sums(const T* x, const T* y, index_t n, Terms&& terms) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  std::array<T, K> total{};
  index_t j = 0;
  if (n >= W) {
    typename S::Vec chain[4][K] = {};
    for (; j + 4 * W <= n; j += 4 * W) {
#pragma GCC unroll 4
      for (index_t c = 0; c < 4; ++c) terms(S::load(x + j + c * W), S::load(y + j + c * W), chain[c]);
    }
    for (; j + W <= n; j += W) terms(S::load(x + j), S::load(y + j), chain[0]);
    for (int k = 0; k < K; ++k) total[k] = S::sum((chain[0][k] + chain[1][k]) + (chain[2][k] + chain[3][k]));
  }
  for (; j < n; ++j) terms(x[j], y[j], total.data());
  return total;
}

// Long vectors and strided ones, piece by piece. Apart from the usual case, whose frame its pieces would make large.
template <int K, class T, class Terms>
[[gnu::noinline]] std::array<T, K> sums_by_pieces(VectorView<const T> x, VectorView<const T> y, Terms terms) {
  const index_t n = x.size;
  const bool contiguous = x.stride == 1 && y.stride == 1;
  constexpr index_t piece = 512;
  const index_t step = contiguous ? kDotBlock : piece;
  T left[piece], right[piece];
  std::array<double, K> sums{};
  for (index_t i = 0; i < n; i += step) {
    const index_t size = std::min(step, n - i);
    const T *a = x.data + i, *b = y.data + i;
    if (!contiguous) {
      for (index_t j = 0; j < size; ++j) left[j] = x.data[(i + j) * x.stride];
      for (index_t j = 0; j < size; ++j) right[j] = y.data[(i + j) * y.stride];
      a = left, b = right;
    }
    const auto part = block_sums<K>(a, b, size, terms);
    for (int k = 0; k < K; ++k) sums[k] += part[k];
  }
  std::array<T, K> total;
  for (int k = 0; k < K; ++k) total[k] = static_cast<T>(sums[k]);
  return total;
}

template <int K, class T, class Terms>
inline std::array<T, K> pair_sums(VectorView<const T> x, VectorView<const T> y, Terms terms) {
  const bool contiguous = x.size <= 1 || (x.stride == 1 && y.stride == 1);
  if (contiguous && x.size <= kDotBlock) return block_sums<K>(x.data, y.data, x.size, terms);
  return sums_by_pieces<K>(x, y, terms);
}

// <x, y>, <x, x> and <y, y>.
template <class T>
std::array<T, 3> three_products(VectorView<const T> x, VectorView<const T> y) {
  return pair_sums<3>(x, y, [](auto a, auto b, auto* sums) {
    sums[0] += a * b;
    sums[1] += a * a;
    sums[2] += b * b;
  });
}

}  // namespace detail

// Of a vector whose squares add up to `squares`.
template <Real T>
T length(VectorView<const T> x, T squares) {
  if (comfortable(squares)) return std::sqrt(squares);
  if (x.stride == 1) return careful_length<T>(x.size, Contiguous<T>{x.data});
  return careful_length<T>(x.size, [&](index_t j) { return x[j]; });
}

template <Real T>
T distance(VectorView<const T> x, VectorView<const T> y) {
  const T squares = detail::pair_sums<1>(x, y, [](auto a, auto b, auto* sums) {
    const auto gap = a - b;
    sums[0] += gap * gap;
  })[0];
  if (comfortable(squares)) return std::sqrt(squares);
  return careful_length<T>(x.size, [&](index_t j) { return x[j] - y[j]; });
}

template <Real T>
bool cosine(VectorView<const T> x, VectorView<const T> y, T& to) {
  const auto [xy, xx, yy] = detail::three_products(x, y);
  to = std::clamp(xy / (std::sqrt(xx) * std::sqrt(yy)), T{-1}, T{1});
  return comfortable(xx) && comfortable(yy);
}

template <Real T>
bool angle(VectorView<const T> x, VectorView<const T> y, T& to) {
  const auto [xx, yy] = detail::pair_sums<2>(x, y, [](auto a, auto b, auto* sums) {
    sums[0] += a * a;
    sums[1] += b * b;
  });
  if (!comfortable(xx) || !comfortable(yy)) return false;
  // x made as long as y; r is 1 for equal vectors, whose angle is exactly 0.
  const T r = std::sqrt(yy) / std::sqrt(xx);
  const auto [less, more] = detail::pair_sums<2>(x, y, [=](auto a, auto b, auto* sums) {
    const auto gap = a * r - b, sum = a * r + b;
    sums[0] += gap * gap;
    sums[1] += sum * sum;
  });
  const auto size = [&](T squares, T sign) {
    if (comfortable(squares)) return std::sqrt(squares);
    return careful_length<T>(x.size, [&](index_t j) { return x[j] * r + sign * y[j]; });
  };
  to = 2 * std::atan2(size(less, -1), size(more, 1));
  return true;
}

// The error of <x, y> is some u |x| |y|, also where products of entries vanish, as long as neither square does.
template <Real T>
bool scalar_projection(VectorView<const T> x, VectorView<const T> onto, T& to) {
  const auto [xy, xx, yy] = detail::three_products(x, onto);
  to = xy / std::sqrt(yy);
  return comfortable(xx) && comfortable(yy);
}

// `to`: as many numbers as `onto` has, contiguous.
template <Real T>
bool vector_projection(VectorView<const T> x, VectorView<const T> onto, T* to) {
  const auto [xy, xx, yy] = detail::three_products(x, onto);
  if (!comfortable(xx) || !comfortable(yy)) return false;
  const T share = xy / yy;
  for (index_t j = 0; j < onto.size; ++j) to[j] = share * onto.data[j * onto.stride];
  return true;
}

// The vector product of space: perpendicular to both, as long as their parallelogram is large.
template <Real T>
void cross(VectorView<const T> x, VectorView<const T> y, T* to) {
  for (int i = 0; i < 3; ++i) {
    const int j = (i + 1) % 3, k = (i + 2) % 3;
    to[i] = x[j] * y[k] - x[k] * y[j];
  }
}

}  // namespace mmlcore
