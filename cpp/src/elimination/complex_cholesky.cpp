#include "mmlcore/elimination/complex_cholesky.hpp"

#include <algorithm>
#include <cmath>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/lane_arithmetic.hpp"
#include "mmlcore/matrices/complex_product.hpp"

namespace mmlcore {
namespace {

constexpr index_t kCholeskyRows = 40;  // rows up to which it is done without products
constexpr index_t kPanel = 16;         // columns that are eliminated one by one
constexpr index_t kStrip = 48;         // rows of a triangle that loses a product as if it were a square

template <Complex T>
bool by_rows(const MatrixView<const T>& a, const MatrixView<T>& l) {
  constexpr double least = 1e-200, most = 1e200;
  const index_t n = a.rows;
  Buffer<double> memory(2 * n * n + 2 * n);
  double *const re = memory.data(), *const im = re + n * n;
  double* __restrict const column_re = im + n * n, * __restrict const column_im = column_re + n;
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j <= i; ++j) {
      re[i * n + j] = a(i, j).real();
      im[i * n + j] = i == j ? 0.0 : static_cast<double>(a(i, j).imag());
    }
  }
  double check = 0;
  for (index_t j = 0; j < n; ++j) {
    const double pivot = re[j * n + j];
    if (!(pivot > least && pivot < most)) return false;
    const double root = std::sqrt(pivot), inverse = 1 / root;
    l(j, j) = static_cast<T>(root);
    for (index_t i = j + 1; i < n; ++i) {
      column_re[i] = re[i * n + j] * inverse;
      column_im[i] = im[i * n + j] * inverse;
      l(i, j) = T{static_cast<RealPart<T>>(column_re[i]), static_cast<RealPart<T>>(column_im[i])};
      l(j, i) = T{};
      check += nothing(l(i, j));
    }
    for (index_t i = j + 1; i < n; ++i) {
      const double x = column_re[i], y = column_im[i];
      double* __restrict const row_re = re + i * n, * __restrict const row_im = im + i * n;
      for (index_t k = j + 1; k <= i; ++k) {
        row_re[k] -= x * column_re[k] + y * column_im[k];
        row_im[k] -= y * column_re[k] - x * column_im[k];
      }
    }
  }
  return check == 0;
}

template <Complex T>
class ByHalves {
 public:
  using R = RealPart<T>;
  using S = Simd<R>;
  using Vec = typename S::Vec;
  static constexpr index_t W = S::width;

  // `l`: in rows.
  ByHalves(const MatrixView<const T>& a, const MatrixView<T>& l)
      : l_(l),
        n_(l.rows),
        length_(whole_vectors<R>(n_) + W),
        parts_(2 * kPanel * length_),
        adjoint_((n_ / 2 + kPanel) * (n_ / 2 + kPanel)) {
    for (index_t i = 0; i < n_; ++i) {
      for (index_t j = 0; j < i; ++j) l(i, j) = a(i, j);
      l(i, i) = a(i, i).real();
    }
  }

  bool run() {
    if (!factor(0, n_)) return false;
    for (index_t i = 0; i < n_; ++i) std::fill_n(&l_(i, 0) + i + 1, n_ - i - 1, T{0});
    return true;
  }

 private:
  static constexpr R least = sizeof(R) == 8 ? R(1e-200) : R(1e-30), most = sizeof(R) == 8 ? R(1e200) : R(1e30);

  R* re(index_t c) const { return parts_.data() + 2 * c * length_; }
  R* im(index_t c) const { return re(c) + length_; }

  // Columns j ... j + w - 1 of L, from row j on.
  bool factor(index_t j, index_t w) {
    if (w <= kPanel) return panel(j, w);
    const index_t h = (w / 2 + kPanel - 1) / kPanel * kPanel;
    if (!factor(j, h)) return false;
    const MatrixView<T> done = l_.block(j + h, j, n_ - j - h, h), rest = l_.block(j + h, j + h, n_ - j - h, w - h);
    const MatrixView<T> right = c_order(adjoint_.data(), h, w - h);
    for (index_t i = 0; i < w - h; ++i) {
      for (index_t c = 0; c < h; ++c) right(c, i) = std::conj(done(i, c));
    }
    lower(done, right, rest);
    return factor(j + h, w - h);
  }

  // C - L B, on and below the diagonal; what a strip has above it is dead.
  static void lower(const MatrixView<T>& l, const MatrixView<T>& b, const MatrixView<T>& c) {
    const index_t n = c.cols, below = c.rows - n, h = n > kStrip ? (n / 2 + kPanel - 1) / kPanel * kPanel : n;
    if (h < n) {
      lower(l.block(0, 0, h, l.cols), b.block(0, 0, b.rows, h), c.block(0, 0, h, h));
      subtract_complex_product<T>(l.block(h, 0, n - h, l.cols), b.block(0, 0, b.rows, h), c.block(h, 0, n - h, h));
      lower(l.block(h, 0, n - h, l.cols), b.block(0, h, b.rows, n - h), c.block(h, h, n - h, n - h));
    } else {
      subtract_complex_product<T>(l.block(0, 0, n, l.cols), b, c.block(0, 0, n, n));
    }
    if (below > 0) subtract_complex_product<T>(l.block(n, 0, below, l.cols), b, c.block(n, 0, below, n));
  }

  bool panel(index_t j, index_t w) {
    const index_t rows = n_ - j, whole = whole_vectors<R>(rows);
    for (index_t c = 0; c < w; ++c) {
      for (index_t i = 0; i < c; ++i) re(c)[i] = im(c)[i] = 0;
      for (index_t i = c; i < rows; ++i) {
        re(c)[i] = l_(j + i, j + c).real();
        im(c)[i] = l_(j + i, j + c).imag();
      }
      std::fill(re(c) + rows, re(c) + whole, R{0});
      std::fill(im(c) + rows, im(c) + whole, R{0});
    }
    Vec check{};
    for (index_t k = 0; k < w; ++k) {
      const R pivot = re(k)[k];
      if (!(pivot > least && pivot < most)) return false;
      const R root = std::sqrt(pivot), inverse = 1 / root;
      for (index_t i = k / W * W; i < whole; i += W) {
        const Vec x = S::load(re(k) + i) * inverse, y = S::load(im(k) + i) * inverse;
        S::store(re(k) + i, x);
        S::store(im(k) + i, y);
        check += x * 0 + y * 0;
      }
      re(k)[k] = root;
      im(k)[k] = 0;
      for (index_t c = k + 1; c < w; ++c) {
        const R x = re(k)[c], y = im(k)[c];
        for (index_t i = c / W * W; i < whole; i += W) {
          const Vec u = S::load(re(k) + i), v = S::load(im(k) + i);
          S::store(re(c) + i, S::load(re(c) + i) - x * u - y * v);
          S::store(im(c) + i, S::load(im(c) + i) - x * v + y * u);
        }
        im(c)[c] = 0;
      }
    }
    for (index_t c = 0; c < w; ++c) {
      for (index_t i = c; i < rows; ++i) l_(j + i, j + c) = {re(c)[i], im(c)[i]};
    }
    return lane_sum<R>(check) == 0;
  }

  const MatrixView<T> l_;
  const index_t n_, length_;
  Buffer<R> parts_;
  Buffer<T> adjoint_;
};

}  // namespace

template <Complex T>
bool complex_cholesky(const MatrixView<const T>& a, const MatrixView<T>& l) {
  if (a.rows <= kCholeskyRows) return by_rows<T>(a, l);
  if (l.col_stride == 1) return ByHalves<T>(a, l).run();
  Buffer<T> memory(l.rows * l.cols);
  const MatrixView<T> rows = c_order(memory.data(), l.rows, l.cols);
  if (!ByHalves<T>(a, rows).run()) return false;
  copy<T>(rows, l);
  return true;
}

template bool complex_cholesky<std::complex<float>>(const MatrixView<const std::complex<float>>&,
                                                    const MatrixView<std::complex<float>>&);
template bool complex_cholesky<std::complex<double>>(const MatrixView<const std::complex<double>>&,
                                                     const MatrixView<std::complex<double>>&);

}  // namespace mmlcore
