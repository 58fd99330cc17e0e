#include "mmlcore/orthogonal/blocked_complex_qr.hpp"

#include <algorithm>
#include <cmath>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/phase.hpp"
#include "mmlcore/matrices/complex_product.hpp"
#include "mmlcore/orthogonal/split_columns.hpp"

namespace mmlcore {
namespace {

constexpr index_t kPanel = 32;         // columns that are reflected one by one,
constexpr index_t kEntries = 100'000;  // half as many of a matrix of up to so many entries

template <Complex T>
class BlockedComplexQr {
 public:
  using R = RealPart<T>;
  using Columns = SplitColumns<R>;

  BlockedComplexQr(MatrixView<T> a, MatrixView<T> q)
      : a_(a),
        q_(q),
        p_(std::min(a.rows, a.cols)),
        width_(a.rows * p_ <= kEntries ? kPanel / 2 : kPanel),
        vectors_(a.rows * p_),
        adjoint_(a.rows * kPanel),
        t_(kPanel * p_),
        w_(2 * kPanel * std::max(a.cols, q.cols)),
        panel_(Columns::size(2 * kPanel, a.rows)) {}

  void triangularize() {
    for (index_t j = 0; j < p_; j += width_) {
      const index_t w = std::min(width_, p_ - j);
      factor(j, w);
      apply(j, w, true, a_.block(j, j + w, a_.rows - j, a_.cols - j - w));
    }
  }

  void form() {
    for (index_t i = 0; i < q_.rows; ++i) std::fill_n(&q_(i, 0), q_.cols, T{0});
    for (index_t j = 0; j < q_.cols; ++j) {
      const R size = j < p_ ? std::abs(a_(j, j)) : R{0};
      const T phase = j < p_ ? phase_of(a_(j, j)) : T{1};
      q_(j, j) = phase;
      if (j >= p_) continue;
      for (index_t k = j; k < a_.cols; ++k) a_(j, k) = times(std::conj(phase), a_(j, k));
      a_(j, j) = size;
    }
    for (index_t j = (p_ - 1) / width_ * width_; j >= 0; j -= width_) {
      const index_t w = std::min(width_, p_ - j);
      adjoin(j, w);
      apply(j, w, false, q_.block(j, j, q_.rows - j, q_.cols - j));
    }
  }

 private:
  MatrixView<T> v(index_t j, index_t w) const { return c_order(vectors_.data() + a_.rows * j, a_.rows - j, w); }
  MatrixView<T> triangle(index_t j) const { return c_order(t_.data() + j * kPanel, kPanel, kPanel); }

  // The panel of w columns from j on, with V and T.
  void factor(index_t j, index_t w) {
    const index_t rows = a_.rows - j;
    const Columns x(panel_.data(), w, rows), vectors(x.real(w), w, rows);
    Columns(panel_.data(), 2 * w, rows).clear();
    load_split<R, T>(a_.block(j, j, rows, w), 0, false, x);
    const MatrixView<T> t = triangle(j);
    for (index_t c = 0; c < w; ++c) {
      const R scale = eliminate(x, vectors, c, rows);
      if (scale != 0) reflect_split(vectors, c, scale, c / Columns::W, x, c + 1, w);
      T along[kPanel];
      for (index_t l = 0; l < c; ++l) along[l] = inner(vectors, l, c);
      for (index_t i = 0; i < w; ++i) {
        T sum = 0;
        for (index_t l = i; l < c; ++l) sum += times(t(i, l), along[l]);
        t(i, c) = i < c ? -scale * sum : i == c ? T{scale} : T{0};
      }
    }
    const MatrixView<T> to = v(j, w);
    for (index_t i = 0; i < rows; ++i) {
      for (index_t c = 0; c < w; ++c) {
        a_(j + i, j + c) = i <= c ? x.get(i, c) : T{0};
        to(i, c) = vectors.get(i, c);
      }
    }
    adjoin(j, w);
  }

  // Column c becomes a multiple of the unit vector; returns s, 0 where nothing is left to reflect.
  static R eliminate(const Columns& x, const Columns& vectors, index_t c, index_t rows) {
    if (c + 1 == rows) return 0;
    take_tail(x, c, c, vectors, c);
    ComplexReflection<R> h;
    int power = 0;
    if (!reflection_of(vectors, c, c, h)) {
      R top = 0;
      for (index_t i = c; i < rows; ++i) top = std::max(top, largest_part(vectors.get(i, c)));
      if (top == 0) return 0;
      std::frexp(top, &power);
      for (index_t i = c; i < rows; ++i) vectors.put(i, c, times_power(vectors.get(i, c), -power));
      reflection_of(vectors, c, c, h);
    }
    x.put(c, c, times_power(h.value, power));
    return h.scale;
  }

  // v_l* v_c
  static T inner(const Columns& vectors, index_t l, index_t c) {
    typename Columns::Vec real{}, imag{};
    const auto *const a = vectors.real(l), *const b = vectors.imag(l), *const x = vectors.real(c),
                      *const y = vectors.imag(c);
    for (index_t e = c / Columns::W; e < vectors.length; ++e) {
      real += a[e] * x[e] + b[e] * y[e];
      imag += a[e] * y[e] - b[e] * x[e];
    }
    return {Columns::S::sum(real), Columns::S::sum(imag)};
  }

  // V*, in rows as products want it.
  void adjoin(index_t j, index_t w) {
    const MatrixView<T> from = v(j, w), to = c_order(adjoint_.data(), w, from.rows);
    for (index_t i = 0; i < from.rows; ++i) {
      for (index_t c = 0; c < w; ++c) to(c, i) = std::conj(from(i, c));
    }
  }

  // c = (I - V T V*) c for the panel of w columns from j on, or with T*; c starts at row j.
  void apply(index_t j, index_t w, bool adjoint, MatrixView<T> c) {
    if (c.empty()) return;
    const MatrixView<T> along = c_order(w_.data(), w, c.cols), turned = c_order(w_.data() + w * c.cols, w, c.cols);
    const MatrixView<T> t = triangle(j).block(0, 0, w, w);
    T memory[kPanel * kPanel];
    const MatrixView<T> other = c_order(memory, w, w);
    for (index_t i = 0; adjoint && i < w; ++i) {
      for (index_t k = 0; k < w; ++k) other(i, k) = std::conj(t(k, i));
    }
    complex_product<T>(c_order<const T>(adjoint_.data(), w, a_.rows - j), c, along);
    complex_product<T>(adjoint ? other : t, along, turned);
    subtract_complex_product<T>(v(j, w), turned, c);
  }

  const MatrixView<T> a_, q_;
  const index_t p_, width_;
  Buffer<T> vectors_, adjoint_, t_, w_;
  Buffer<typename Columns::Vec> panel_;
};

}  // namespace

template <Complex T>
void blocked_complex_qr(MatrixView<T> a, MatrixView<T> q) {
  if (a.empty()) return;
  BlockedComplexQr<T> work(a, q);
  work.triangularize();
  work.form();
}

template void blocked_complex_qr<std::complex<float>>(MatrixView<std::complex<float>>, MatrixView<std::complex<float>>);
template void blocked_complex_qr<std::complex<double>>(MatrixView<std::complex<double>>, MatrixView<std::complex<double>>);

}  // namespace mmlcore
