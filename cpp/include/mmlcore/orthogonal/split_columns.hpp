// Columns of one complex matrix, real and imaginary parts apart, in whole vectors of lanes: what Householder's reflections
// do with them is then a few operations of vectors, without the shuffles that pairs of parts ask for.
//
// The reflection of a complex x on a multiple of e_0, H = I - s v v*, is Hermitian if that multiple has the phase of x_0:
//
//   e = x_0 / |x_0|,  v = x + e |x| e_0,  s = 1 / (|x| (|x| + |x_0|)),  H x = -e |x| e_0,
//
// and real if rows and columns are then multiplied by numbers of size 1. Half as many columns as a vector has lanes are
// reflected at a time, whose sums come out of one transpose (core/lane_sums.hpp).
#pragma once

#include <algorithm>
#include <cmath>

#include "mmlcore/core/careful_length.hpp"
#include "mmlcore/core/lane_sums.hpp"
#include "mmlcore/core/numbers.hpp"
#include "mmlcore/core/simd.hpp"

namespace mmlcore {

template <Real T>
struct SplitColumns {
  using S = Simd<T>;
  using Vec = typename S::Vec;
  using Entry = std::complex<T>;
  static constexpr index_t W = S::width;

  SplitColumns(Vec* memory, index_t columns, index_t entries) : data(memory), count(columns), length(vectors(entries)) {}
  // One vector of zeros more where columns would lie a multiple of 4096 bytes apart, in the same lines of the first cache.
  static constexpr index_t vectors(index_t entries) {
    const index_t least = (entries + W - 1) / W;
    return least > 0 && 2 * least * W * index_t{sizeof(T)} % 4096 == 0 ? least + 1 : least;
  }
  // Vectors of memory, which has to be zero behind the last entries.
  static constexpr index_t size(index_t columns, index_t entries) { return 2 * columns * vectors(entries); }

  Vec* real(index_t j) const { return data + 2 * j * length; }
  Vec* imag(index_t j) const { return real(j) + length; }
  T* reals(index_t j) const { return reinterpret_cast<T*>(real(j)); }
  T* imags(index_t j) const { return reinterpret_cast<T*>(imag(j)); }
  Entry get(index_t i, index_t j) const { return {reals(j)[i], imags(j)[i]}; }
  void put(index_t i, index_t j, Entry x) const {
    reals(j)[i] = x.real();
    imags(j)[i] = x.imag();
  }
  void clear() const { std::fill(data, data + 2 * count * length, Vec{}); }

  Vec* data;
  index_t count, length;
};

// What a column became: the number in the place of its first entry, and s.
template <Real T>
struct ComplexReflection {
  std::complex<T> value;
  T scale;
};

// Of x, column c of `vectors` from entry k on, which becomes v; what is before is zero. False where squares leave the range
// of the type: zeros as well.
template <Real T>
bool reflection_of(const SplitColumns<T>& vectors, index_t c, index_t k, ComplexReflection<T>& found) {
  using S = Simd<T>;
  typename S::Vec sum{};
  const auto *const re = vectors.real(c), *const im = vectors.imag(c);
  for (index_t e = k / S::width; e < vectors.length; ++e) sum += re[e] * re[e] + im[e] * im[e];
  const T squares = S::sum(sum);
  if (!comfortable(squares)) return false;
  const std::complex<T> first = vectors.get(k, c);
  const T length = std::sqrt(squares), own = std::abs(first);
  const std::complex<T> phase = own > 0 ? first / own : std::complex<T>(1);
  vectors.put(k, c, first + phase * length);
  found = {-phase * length, 1 / (length * (length + own))};
  return true;
}

// y_j -= s v (v* y_j) for columns `first` <= j < `last` of y, entries from vector e0 on.
template <Real T>
void reflect_split(const SplitColumns<T>& v, index_t c, T scale, index_t e0, const SplitColumns<T>& y, index_t first,
                   index_t last) {
  using S = Simd<T>;
  using Vec = typename S::Vec;
  const Vec *const vr = v.real(c), *const vi = v.imag(c);
  const index_t length = v.length;
  const auto several = [&]<int N>(index_t j) {
    Vec *re[N], *im[N], sums[S::width] = {};  // of v* y, real parts and then imaginary ones
    for (int n = 0; n < N; ++n) {
      re[n] = y.real(j + n);
      im[n] = y.imag(j + n);
    }
    for (index_t e = e0; e < length; ++e) {
#pragma GCC unroll 8
      for (int n = 0; n < N; ++n) {
        sums[n] += vr[e] * re[n][e] + vi[e] * im[n][e];
        sums[N + n] += vr[e] * im[n][e] - vi[e] * re[n][e];
      }
    }
    const Vec all = sums_of_lanes<T>(sums) * scale;
    Vec a[N], b[N];
    for (int n = 0; n < N; ++n) {
      a[n] = S::splat(all[n]);
      b[n] = S::splat(all[N + n]);
    }
    for (index_t e = e0; e < length; ++e) {
#pragma GCC unroll 8
      for (int n = 0; n < N; ++n) {
        re[n][e] -= vr[e] * a[n] - vi[e] * b[n];
        im[n][e] -= vr[e] * b[n] + vi[e] * a[n];
      }
    }
  };
  constexpr int half = S::width / 2;
  index_t j = first;
  for (; j + half <= last; j += half) several.template operator()<half>(j);
  if constexpr (half > 2) {
    for (; j + 2 <= last; j += 2) several.template operator()<2>(j);
  }
  for (; j < last; ++j) several.template operator()<1>(j);
}

// Column `from` of x, entries from k on, as column `to` of v; zeros before.
template <Real T>
void take_tail(const SplitColumns<T>& x, index_t from, index_t k, const SplitColumns<T>& v, index_t to) {
  std::copy(x.real(from), x.real(from) + 2 * x.length, v.real(to));
  std::fill(v.reals(to), v.reals(to) + k, T{0});
  std::fill(v.imags(to), v.imags(to) + k, T{0});
}

// Loads a matrix times 2^-power, or its adjoint; the memory is clear.
template <Real T, Complex U>
void load_split(const MatrixView<const U>& a, int power, bool adjoint, const SplitColumns<T>& x) {
  const T unit = std::ldexp(T{1}, -power);
  const bool plain = std::isnormal(unit);
  for (index_t i = 0; i < a.rows; ++i) {
    for (index_t j = 0; j < a.cols; ++j) {
      const std::complex<T> whole(a(i, j));
      const std::complex<T> entry = power == 0 ? whole : plain ? whole * unit : times_power(whole, -power);
      if (adjoint) {
        x.put(j, i, std::conj(entry));
      } else {
        x.put(i, j, entry);
      }
    }
  }
}

}  // namespace mmlcore
