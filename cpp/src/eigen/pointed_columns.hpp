// Columns of length 1 as complex matrices are given back: the leading entry of each real and positive, as point_columns
// (core/signs.hpp) has it, by whole vectors. Private to what has eigenvectors in vectors of real and imaginary parts.
#pragma once

#include <algorithm>
#include <complex>

#include "mmlcore/core/lane_arithmetic.hpp"
#include "mmlcore/core/signs.hpp"
#include "mmlcore/eigen/reduction.hpp"

namespace mmlcore {

// Row i of z: W real parts, W imaginary ones, W real ones, ... (back_transformation.hpp); column j goes to column places[j].
template <class T, class C>
void write_pointed(index_t n, PaddedRows<const T> z, const index_t* places, const MatrixView<C>& to) {
  using S = Simd<T>;
  using Vec = typename S::Vec;
  using Int = typename S::Int;
  constexpr index_t W = S::width;
  constexpr T share = static_cast<T>(kLeading<typename C::value_type>);
  for (index_t c = 0; c < n; c += W) {
    const T* const block = z.data + 2 * c;
    Vec most{};
    for (index_t i = 0; i < n; ++i) {
      const Vec re = S::load(block + i * z.stride), im = S::load(block + i * z.stride + W), square = re * re + im * im;
      most = square > most ? square : most;
    }
    const Vec least = most * (share * share);
    Vec lead_re{}, lead_im{};
    typename S::Mask lead{};
    for (index_t i = n; i-- > 0;) {
      const Vec re = S::load(block + i * z.stride), im = S::load(block + i * z.stride + W);
      const auto leads = re * re + im * im >= least;
      lead_re = leads ? re : lead_re;
      lead_im = leads ? im : lead_im;
      lead = leads ? typename S::Mask{} + static_cast<Int>(i) : lead;
    }
    const Vec size = S::sqrt(lead_re * lead_re + lead_im * lead_im);
    const Vec unit = 1 / (size > 0 ? size : S::splat(1)), turn_re = lead_re * unit, turn_im = lead_im * unit;
    const index_t used = std::min(W, n - c);
    for (index_t i = 0; i < n; ++i) {
      const Vec re = S::load(block + i * z.stride), im = S::load(block + i * z.stride + W);
      const auto here = lead == static_cast<Int>(i);
      const Vec x = here ? size : re * turn_re + im * turn_im, y = here ? Vec{} : im * turn_re - re * turn_im;
      C* const row = &to(i, 0);
      for (index_t l = 0; l < used; ++l) row[places[c + l] * to.col_stride] = static_cast<C>(std::complex<T>(x[l], y[l]));
    }
  }
}

}  // namespace mmlcore
