#include "mmlcore/eigen/hermitian_pairs.hpp"

#include <algorithm>
#include <cmath>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/lane_arithmetic.hpp"
#include "mmlcore/eigen/back_transformation.hpp"
#include "mmlcore/eigen/divide_and_conquer.hpp"
#include "mmlcore/eigen/hermitian_reduction.hpp"
#include "pointed_columns.hpp"

namespace mmlcore {
namespace {

template <Complex C>
class Problem {
 public:
  using T = RealPart<C>;

  // Squares of real numbers: two each of the matrix and the reflections, and with vectors one of those of the real form.
  explicit Problem(index_t n, bool vectors)
      : n_(n),
        stride_(padded_rows<T>(n)),
        square_(rows_held(n) * stride_),
        numbers_(4 * stride_ + hermitian_scratch<T>(n)),
        phases_(n),
        order_(n),
        memory_((vectors ? 5 : 4) * square_) {}

  // The tridiagonal form; false for NaN and infinity.
  bool reduce_from(const MatrixView<const C>& a) {
    if (!read(a)) return false;
    reduce_hermitian<T>(n_, square(0), square(2), tau(), d(), e(), phases_.data(), numbers_.data() + 4 * stride_);
    return true;
  }

  bool values(T* to) { return divide_and_conquer_values<T>(n_, d(), e(), order_.data(), square(0)) && write_values(to); }

  bool pairs(T* values, const MatrixView<C>& vectors) {
    const PaddedRows<T> real = square(4), z{memory_.data(), 2 * stride_};
    if (!divide_and_conquer<T>(n_, d(), e(), order_.data(), {real, square(0), square(1)})) return false;
    if (!write_values(values)) return false;
    turn(real, z);
    back_transform_hermitian<T>(1, n_, {square(2).row(2), stride_}, tau() + 1, z, n_);
    Buffer<index_t> places(n_);
    for (index_t j = 0; j < n_; ++j) places[order_[j]] = j;
    write_pointed<T>(n_, z, places.data(), vectors);
    return true;
  }

 private:
  using S = Simd<T>;
  using Vec = typename S::Vec;
  static constexpr index_t W = S::width;

  PaddedRows<T> square(index_t i) const { return {memory_.data() + i * square_, stride_}; }
  T* d() const { return numbers_.data(); }
  T* e() const { return d() + stride_; }
  T* tau() const { return e() + stride_; }

  // The lower triangle, zeros behind it, scaled.
  bool read(const MatrixView<const C>& a) {
    const PaddedRows<T> to = square(0);
    T check = 0;
    Vec most{};
    for (index_t i = 0; i < n_; ++i) {
      T *const re = to.row(2 * i), *const im = to.row(2 * i + 1);
      if (a.col_stride == 1) {
        const T* const from = reinterpret_cast<const T*>(&a(i, 0));
        for (index_t j = 0; j <= i; ++j) {
          re[j] = from[2 * j];
          im[j] = from[2 * j + 1];
        }
      } else {
        for (index_t j = 0; j <= i; ++j) {
          re[j] = a(i, j).real();
          im[j] = a(i, j).imag();
        }
      }
      check += im[i] * 0;
      im[i] = 0;
      std::fill(re + i + 1, re + whole_vectors<T>(i + 1), T{0});
      std::fill(im + i + 1, im + whole_vectors<T>(i + 1), T{0});
      Vec nothing{};
      for (index_t j = 0; j <= i; j += W) {
        const Vec x = S::load(re + j), y = S::load(im + j);
        nothing += x * 0 + y * 0;
        most = S::abs(x) > most ? S::abs(x) : most;
        most = S::abs(y) > most ? S::abs(y) : most;
      }
      check += lane_sum<T>(nothing);
    }
    if (check != 0) return false;  // NaN is not 0
    for (index_t i = 2 * n_; i < 2 * rows_held(n_); ++i) std::fill_n(to.row(i), stride_, T{0});
    scale(lane_max<T>(most));
    return true;
  }

  void scale(T most) {
    if (most == 0 || (most >= T{0.5} && most < 1)) return;
    std::frexp(most, &power_);
    // In two steps: the whole power may not be a number.
    const Vec half = S::splat(std::ldexp(T{1}, -(power_ / 2))), rest = S::splat(std::ldexp(T{1}, -(power_ - power_ / 2)));
    for (index_t i = 0; i < 2 * n_; ++i) {
      T* const row = square(0).row(i);
      for (index_t j = 0; j <= i / 2; j += W) S::store(row + j, S::load(row + j) * half * rest);
    }
  }

  bool write_values(T* to) const {
    const T half = std::ldexp(T{1}, power_ / 2), rest = std::ldexp(T{1}, power_ - power_ / 2);
    for (index_t j = 0; j < n_; ++j) to[j] = d()[order_[j]] * half * rest;
    return std::isfinite(to[0]) && std::isfinite(to[n_ - 1]);
  }

  // Rows of real vectors times their phases, as back_transform_hermitian takes them.
  void turn(PaddedRows<T> real, PaddedRows<T> z) const {
    for (index_t i = 0; i < n_; ++i) {
      const T *const from = real.row(i), re = phases_[i].real(), im = phases_[i].imag();
      T* const to = z.row(i);
      for (index_t c = 0; c < n_; c += W) {
        const Vec x = S::load(from + c);
        S::store(to + 2 * c, re * x);
        S::store(to + 2 * c + W, im * x);
      }
    }
  }

  const index_t n_, stride_, square_;
  int power_ = 0;  // of two, taken out
  Buffer<T> numbers_;
  Buffer<C> phases_;
  Buffer<index_t> order_;
  Buffer<T> memory_;
};

}  // namespace

template <Complex C>
bool hermitian_pairs(const MatrixView<const C>& a, RealPart<C>* values, const MatrixView<C>& vectors) {
  Problem<C> problem(a.rows, true);
  return problem.reduce_from(a) && problem.pairs(values, vectors);
}

template <Complex C>
bool hermitian_values(const MatrixView<const C>& a, RealPart<C>* values) {
  Problem<C> problem(a.rows, false);
  return problem.reduce_from(a) && problem.values(values);
}

#define MMLCORE_INSTANTIATE(C)                                                                      \
  template bool hermitian_pairs<C>(const MatrixView<const C>&, RealPart<C>*, const MatrixView<C>&); \
  template bool hermitian_values<C>(const MatrixView<const C>&, RealPart<C>*)
MMLCORE_INSTANTIATE(std::complex<float>);
MMLCORE_INSTANTIATE(std::complex<double>);

}  // namespace mmlcore
