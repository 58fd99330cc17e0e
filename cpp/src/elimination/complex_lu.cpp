#include "mmlcore/elimination/complex_lu.hpp"

#include <algorithm>
#include <cmath>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/careful_length.hpp"
#include "mmlcore/core/lane_arithmetic.hpp"
#include "mmlcore/elimination/eliminate_rows.hpp"
#include "mmlcore/matrices/complex_blocks.hpp"
#include "mmlcore/matrices/complex_product.hpp"

namespace mmlcore {
namespace {

constexpr index_t kComplexPanel = 16;  // columns that are eliminated one by one
constexpr index_t kLeaf = 16;          // rows of a triangle that are substituted one by one

// A panel in columns, real and imaginary parts apart, in whole vectors: below its rows stand zeros.
template <Complex T>
class Panel {
 public:
  using R = RealPart<T>;
  using S = Simd<R>;
  using Vec = typename S::Vec;

  explicit Panel(const MatrixView<T>& a)
      : a_(a), length_((a.rows + S::width - 1) / S::width * S::width), parts_(2 * length_ * (a.cols + 1)) {
    for (index_t j = 0; j < a.cols; ++j) {
      for (index_t i = 0; i < a.rows; ++i) {
        re(j)[i] = a(i, j).real();
        im(j)[i] = a(i, j).imag();
      }
      for (index_t i = a.rows; i < length_; ++i) re(j)[i] = im(j)[i] = 0;
    }
  }

  // Returns the first column without a pivot, or -1.
  index_t factor(index_t* pivots) {
    const index_t m = a_.rows, n = a_.cols;
    index_t bad = -1;
    for (index_t k = 0; k < std::min(m, n); ++k) {
      const index_t p = pivots[k] = pivot(k);
      for (index_t j = 0; j < n && p != k; ++j) {
        std::swap(re(j)[k], re(j)[p]);
        std::swap(im(j)[k], im(j)[p]);
      }
      if (re(k)[k] == 0 && im(k)[k] == 0) {
        if (bad < 0) bad = k;
        continue;
      }
      divide(k);
      for (index_t j = k + 1; j < n; ++j) eliminate(k, j);
    }
    for (index_t i = 0; i < m; ++i) {
      for (index_t j = 0; j < n; ++j) a_(i, j) = {re(j)[i], im(j)[i]};
    }
    return bad;
  }

 private:
  R* re(index_t j) const { return parts_.data() + 2 * length_ * j; }
  R* im(index_t j) const { return re(j) + length_; }
  index_t start(index_t k) const { return k / S::width * S::width; }

  // The row, from k on, of the largest entry of column k: the first of equals.
  index_t pivot(index_t k) const {
    const R *x = re(k), *y = im(k);
    R* const squares = re(a_.cols);
    Vec top{};
    for (index_t i = start(k); i < length_; i += S::width) {
      const Vec u = S::load(x + i), v = S::load(y + i), size = u * u + v * v;
      S::store(squares + i, size);
      if (i >= k) top = size > top ? size : top;
    }
    R most = lane_max<R>(top);
    for (index_t i = k; i < std::min(start(k) + S::width, length_); ++i) most = std::max(most, squares[i]);
    if (comfortable(most)) return std::find(squares + k, squares + a_.rows, most) - squares;
    index_t best = k;
    for (index_t i = k + 1; i < a_.rows; ++i) {
      if (std::hypot(x[i], y[i]) > std::hypot(x[best], y[best])) best = i;
    }
    return best;
  }

  // Column k below its diagonal becomes factors; a copy of them has zeros above.
  void divide(index_t k) {
    R *x = re(k), *y = im(k), *u = re(a_.cols), *v = im(a_.cols);
    const T pivot{x[k], y[k]};
    const T inverse = T{1} / pivot;
    const bool plain = comfortable(std::norm(inverse)) && comfortable(std::norm(pivot));
    for (index_t i = start(k); i <= k; ++i) u[i] = v[i] = 0;
    for (index_t i = k + 1; i < length_; ++i) {
      const T factor = plain ? times(T{x[i], y[i]}, inverse) : T{x[i], y[i]} / pivot;
      x[i] = u[i] = factor.real();
      y[i] = v[i] = factor.imag();
    }
  }

  void eliminate(index_t k, index_t j) {
    R *x = re(j), *y = im(j);
    const R *u = re(a_.cols), *v = im(a_.cols);
    const Vec from_re = S::splat(x[k]), from_im = S::splat(y[k]);
    for (index_t i = start(k); i < length_; i += S::width) {
      const Vec p = S::load(u + i), q = S::load(v + i);
      S::store(x + i, S::load(x + i) - p * from_re + q * from_im);
      S::store(y + i, S::load(y + i) - p * from_im - q * from_re);
    }
  }

  MatrixView<T> a_;
  index_t length_;
  Buffer<R> parts_;
};

template <Complex T>
void exchange(const MatrixView<T>& rows, const index_t* places, index_t count) {
  for (index_t k = 0; k < count; ++k) {
    if (places[k] != k) exchange_rows(rows, k, places[k], 0);
  }
}

// X := L^-1 X or U^-1 X, X in rows, by halves, so that nearly all of it are products; few rows one by one, each as a product
// of a row of the triangle with the rows of X that are known.
template <Complex T, bool Upper>
void solve_triangle(const MatrixView<const T>& a, const MatrixView<T>& x) {
  const index_t n = a.rows, k = x.cols;
  if (n <= kLeaf) {
    for (index_t step = 0; step < n; ++step) {
      const index_t i = Upper ? n - 1 - step : step, first = Upper ? i + 1 : 0;
      const auto row = x.block(i, 0, 1, k);
      if (step > 0) {
        const MatrixView<const T> known = x.block(first, 0, step, k), factors = a.block(i, first, 1, step);
        ComplexBlocks<T, true>(factors, known, row).run(factors.data, known, row.data);
      }
      if constexpr (Upper) {
        const T pivot = a(i, i), inverse = T{1} / pivot;
        const bool plain = comfortable(std::norm(inverse)) && comfortable(std::norm(pivot));
        for (index_t j = 0; j < k; ++j) x(i, j) = plain ? times(x(i, j), inverse) : x(i, j) / pivot;
      }
    }
    return;
  }
  const index_t half = (n / 2 + kLeaf - 1) / kLeaf * kLeaf, rest = n - half;
  const auto top = x.block(0, 0, half, k), bottom = x.block(half, 0, rest, k);
  if constexpr (Upper) {
    solve_triangle<T, Upper>(a.block(half, half, rest, rest), bottom);
    subtract_complex_product<T>(a.block(0, half, half, rest), bottom, top);
    solve_triangle<T, Upper>(a.block(0, 0, half, half), top);
  } else {
    solve_triangle<T, Upper>(a.block(0, 0, half, half), top);
    subtract_complex_product<T>(a.block(half, 0, rest, half), top, bottom);
    solve_triangle<T, Upper>(a.block(half, half, rest, rest), bottom);
  }
}

}  // namespace

template <Complex T>
index_t complex_lu(MatrixView<T> a, index_t* pivots) {
  const index_t m = a.rows, n = a.cols;
  if (a.empty()) return -1;
  if (n <= kComplexPanel) return Panel<T>(a).factor(pivots);
  const index_t half = std::min(m, (n / 2 + kComplexPanel - 1) / kComplexPanel * kComplexPanel);
  const auto left = a.block(0, 0, m, half), right = a.block(0, half, m, n - half);
  const index_t bad = complex_lu<T>(left, pivots);
  exchange(right, pivots, half);
  solve_triangle<T, false>(left.block(0, 0, half, half), right.block(0, 0, half, n - half));
  if (m == half) return bad;
  const auto below = a.block(half, 0, m - half, half), rest = a.block(half, half, m - half, n - half);
  subtract_complex_product<T>(below, right.block(0, 0, half, n - half), rest);
  const index_t bad_below = complex_lu<T>(rest, pivots + half);
  const index_t count = std::min(m - half, n - half);
  exchange(below, pivots + half, count);
  for (index_t k = 0; k < count; ++k) pivots[half + k] += half;
  return bad >= 0 ? bad : bad_below >= 0 ? bad_below + half : -1;
}

template <Complex T>
void complex_lu_solve(MatrixView<const T> lu, const index_t* pivots, MatrixView<T> b) {
  exchange(b, pivots, lu.rows);
  solve_triangle<T, false>(lu, b);
  solve_triangle<T, true>(lu, b);
}

template index_t complex_lu<std::complex<float>>(MatrixView<std::complex<float>>, index_t*);
template index_t complex_lu<std::complex<double>>(MatrixView<std::complex<double>>, index_t*);
template void complex_lu_solve<std::complex<float>>(MatrixView<const std::complex<float>>, const index_t*,
                                                    MatrixView<std::complex<float>>);
template void complex_lu_solve<std::complex<double>>(MatrixView<const std::complex<double>>, const index_t*,
                                                     MatrixView<std::complex<double>>);

}  // namespace mmlcore
