// Rows of complex matrices whose real and imaginary parts lie apart, in rows 2 r and 2 r + 1 of PaddedRows, and the
// reflections that map them on their last number. What the reductions of complex matrices share.
#pragma once

#include <cmath>
#include <complex>

#include "mmlcore/core/lane_arithmetic.hpp"
#include "mmlcore/core/numbers.hpp"
#include "mmlcore/eigen/pointed_row.hpp"
#include "mmlcore/eigen/reduction.hpp"

namespace mmlcore {

template <class T>
struct SplitRow {
  T *re = nullptr, *im = nullptr;
  std::complex<T> operator[](index_t i) const { return {re[i], im[i]}; }
  void put(index_t i, std::complex<T> x) const {
    re[i] = x.real();
    im[i] = x.imag();
  }
};

template <class T>
SplitRow<T> split_row(PaddedRows<T> rows, index_t r) {
  return {rows.row(2 * r), rows.row(2 * r + 1)};
}

// As many complex numbers as a vector has lanes.
template <class T>
struct SplitVec {
  using S = Simd<T>;
  typename S::Vec re{}, im{};

  [[gnu::always_inline]] static SplitVec load(SplitRow<T> x, index_t c) { return {S::load(x.re + c), S::load(x.im + c)}; }
  [[gnu::always_inline]] static SplitVec splat(std::complex<T> x) { return {S::splat(x.real()), S::splat(x.imag())}; }
  [[gnu::always_inline]] void store(SplitRow<T> x, index_t c) const {
    S::store(x.re + c, re);
    S::store(x.im + c, im);
  }
  [[gnu::always_inline]] typename S::Vec squares() const { return re * re + im * im; }
  // Added: a x, conj(a) x; taken away: a conj(x).
  [[gnu::always_inline]] void add(SplitVec a, SplitVec x) {
    re = (re + a.re * x.re) - a.im * x.im;
    im = (im + a.re * x.im) + a.im * x.re;
  }
  [[gnu::always_inline]] void add_adjoint(SplitVec a, SplitVec x) {
    re = (re + a.re * x.re) + a.im * x.im;
    im = (im + a.re * x.im) - a.im * x.re;
  }
  [[gnu::always_inline]] void take_adjoint(SplitVec a, SplitVec x) {
    re = (re - a.re * x.re) - a.im * x.im;
    im = (im + a.re * x.im) - a.im * x.re;
  }
};

// x / |x|, 1 for nothing.
template <class T>
std::complex<T> phase_of(std::complex<T> x, T size) {
  return size > kNothing<T> ? x / size : std::complex<T>(1);
}

// The k numbers of x, of which `squares` holds the squares, become the vector v of the reflection I - tau v v*, with
// v_{k-1} = 1; returns tau. off: what is in the last place then.
template <class T>
T point_row(index_t k, SplitRow<T> x, typename Simd<T>::Vec squares, std::complex<T>& off) {
  using Part = SplitVec<T>;
  const std::complex<T> last = x[k - 1];
  // The squares of the others alone: from the sum where the last number is no large part of it, else once more.
  const T sum = lane_sum<T>(squares);
  T rest = sum - std::norm(last);
  if (!(rest > sum / 4)) {
    squares = typename Simd<T>::Vec{};
    each_before<T>(k, [&](index_t c, auto) {
      const auto others = lane_numbers<T>() < static_cast<typename Simd<T>::Int>(k - 1 - c);
      squares += others ? Part::load(x, c).squares() : typename Simd<T>::Vec{};
    });
    rest = lane_sum<T>(squares);
  }
  off = last;
  if (rest <= kNothing<T>) {
    each_before<T>(k, [&](index_t c, auto) { Part{}.store(x, c); });
    return 0;
  }
  const T own = std::abs(last), size = std::sqrt(rest + own * own);
  const std::complex<T> phase = phase_of(last, own), scale = std::conj(phase) / (size + own);
  off = -size * phase;
  each_before<T>(k, [&](index_t c, auto) {
    const Part part = Part::load(x, c);
    Part{part.re * scale.real() - part.im * scale.imag(), part.re * scale.imag() + part.im * scale.real()}.store(x, c);
  });
  x.put(k - 1, 1);
  return 1 + own / size;
}

}  // namespace mmlcore
