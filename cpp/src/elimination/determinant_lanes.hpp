// determinant_lanes for one element type; determinant_lanes_f32.cpp and the others instantiate it.
#pragma once

#include <cmath>
#include <cstdint>

#include "mmlcore/elimination/determinant.hpp"
#include "mmlcore/elimination/determinant_small.hpp"
#include "solve_lanes.hpp"

namespace mmlcore {
namespace lanes {

// A number is sign, exponent field and fraction: the product of pivots is kept as a product of numbers in [1, 2) and a sum
// of exponents, both in vectors.
template <class T>
struct Bits {
  using Int = typename Simd<T>::Int;
  static constexpr int fraction = sizeof(T) == 8 ? 52 : 23;
  static constexpr Int field = sizeof(T) == 8 ? 0x7ff : 0xff, bias = field / 2;
  static constexpr Int keep = ~(field << fraction), one = bias << fraction;
  // Pivots outside, or further apart, are left to the other kernel.
  static constexpr Int low = field / 8, high = field - field / 8, widest = sizeof(T) == 8 ? 45 : 20;
};

template <Real T, int N>
void determinant_group(const MatrixBatch<const T>& a, index_t first, T* mantissa, std::int64_t* exponent,
                       const std::function<void(index_t)>& other) {
  using S = Simd<T>;
  using Vec = typename S::Vec;
  using Mask = typename S::Mask;
  using B = Bits<T>;
  Vec matrix[N * N];
  const LaneGroup<const T> from(a, first);
  load_lanes<T>(from, matrix);
  Mask odd = not_finite<T>(matrix, N * N), swapped{};
  const auto field_of = [](Vec v) { return (reinterpret_cast<Mask>(v) >> B::fraction) & B::field; };
  Vec product = S::splat(1);
  Mask sum{};
  if constexpr (N == 2) {
    const Vec first_term = matrix[0] * matrix[3], second_term = matrix[1] * matrix[2];
    const Vec top = S::abs(first_term) > S::abs(second_term) ? first_term : second_term;
    product = cross(matrix[0], matrix[1], matrix[2], matrix[3], [](Vec x, Vec y, Vec z) { return S::fma(x, y, z); });
    odd |= (field_of(top) < B::low) | (field_of(top) > B::high) | (field_of(product) == 0);
  } else {
    eliminate<T, N>(
        matrix, nullptr, 0, swapped, [&](int k) { from.prefetch(k, N); }, std::make_integer_sequence<int, N>{});
    Mask least = field_of(matrix[0]), most = least;
#pragma GCC unroll 16
    for (int k = 0; k < N; ++k) {
      const Mask bits = reinterpret_cast<Mask>(matrix[k * N + k]);
      const Mask field = field_of(matrix[k * N + k]);
      least = field < least ? field : least;
      most = field > most ? field : most;
      sum += field - B::bias;
      product *= reinterpret_cast<Vec>((bits & B::keep) | B::one);
    }
    odd |= (least < B::low) | (most > B::high) | (most - least > B::widest);
  }
  // The product of up to 16 numbers in [1, 2) is below 2^16: its exponent joins the sum.
  const Mask bits = reinterpret_cast<Mask>(product);
  sum += ((bits >> B::fraction) & B::field) - B::bias;
  product = reinterpret_cast<Vec>((bits & B::keep) | B::one);
  product = swapped != 0 ? -product : product;
  if (!exponent) {
    const Mask outside = (sum <= -B::bias) | (sum > B::bias);
    product *= reinterpret_cast<Vec>(((outside ? Mask{} : sum) + B::bias) << B::fraction);
    for (int l = 0; l < from.used && S::any(outside); ++l) {
      if (outside[l]) product[l] = std::ldexp(product[l], static_cast<int>(sum[l]));
    }
  }
  const bool all = !S::any(odd);
  if (all && from.used == S::width) {
    S::store(mantissa + first, product);
    for (int l = 0; exponent && l < S::width; ++l) exponent[first + l] = sum[l];
    return;
  }
  for (int l = 0; l < from.used; ++l) {
    if (odd[l]) {
      other(first + l);
      continue;
    }
    mantissa[first + l] = product[l];
    if (exponent) exponent[first + l] = sum[l];
  }
}

// Complex pivots are brought near 1 by the exponent of their larger part before they are multiplied.
template <Complex T, int N>
void determinant_group(const MatrixBatch<const T>& a, index_t first, T* mantissa, std::int64_t* exponent,
                       const std::function<void(index_t)>& other) {
  using R = RealPart<T>;
  using S = Simd<R>;
  using Vec = typename S::Vec;
  using Mask = typename S::Mask;
  using B = Bits<R>;
  LaneNumber<T> matrix[N * N];
  const LaneGroup<const T> from(a, first);
  load_lanes<T>(from, matrix);
  Mask odd = not_finite<T>(matrix, N * N), swapped{}, sum{};
  eliminate<T, N>(
      matrix, nullptr, 0, swapped, [&](int k) { from.prefetch(k, N); }, std::make_integer_sequence<int, N>{});
  odd |= odd_pivots<T, N>(matrix);
  LaneNumber<T> product{S::splat(1), Vec{}};
  const auto near_one = [&](const LaneNumber<T>& x) -> LaneNumber<T> {
    const Vec re = S::abs(x.re), im = S::abs(x.im);
    const Mask field = reinterpret_cast<Mask>(re > im ? re : im) >> B::fraction;
    sum += field - B::bias;
    const Vec down = reinterpret_cast<Vec>((2 * B::bias - field) << B::fraction);
    return {x.re * down, x.im * down};
  };
#pragma GCC unroll 16
  for (int k = 0; k < N; ++k) product *= near_one(matrix[k * N + k]);
  product = near_one(product);
  for (int l = 0; l < from.used; ++l) {
    if (odd[l]) {
      other(first + l);
      continue;
    }
    const R sign = swapped[l] != 0 ? R{-1} : R{1};
    const T value{sign * product.re[l], sign * product.im[l]};
    mantissa[first + l] = exponent ? value : times_power(value, static_cast<int>(sum[l]));
    if (exponent) exponent[first + l] = sum[l];
  }
}

template <Number T, int N>
void determinant_stack(const MatrixBatch<const T>& a, T* mantissa, std::int64_t* exponent,
                       const std::function<void(index_t)>& other) {
  constexpr index_t W = LaneGroup<const T>::W;
  parallel_ranges((a.count() + W - 1) / W, 4000 / (N * N * N) + 1, [&](index_t begin, index_t end) {
    for (index_t g = begin; g < end; ++g) determinant_group<T, N>(a, g * W, mantissa, exponent, other);
  });
}

template <Number T, int... N>
void determinant_dispatch(std::integer_sequence<int, N...>, const MatrixBatch<const T>& a, T* mantissa,
                          std::int64_t* exponent, const std::function<void(index_t)>& other) {
  using Fn = void (*)(const MatrixBatch<const T>&, T*, std::int64_t*, const std::function<void(index_t)>&);
  static constexpr std::array<Fn, sizeof...(N)> table{&determinant_stack<T, N + 1>...};
  table[a.item.rows - 1](a, mantissa, exponent, other);
}

}  // namespace lanes

template <Number T>
void determinant_lanes(const MatrixBatch<const T>& a, T* mantissa, std::int64_t* exponent,
                       const std::function<void(index_t)>& other) {
  lanes::determinant_dispatch<T>(std::make_integer_sequence<int, lane_order<T>>{}, a, mantissa, exponent, other);
}

}  // namespace mmlcore
