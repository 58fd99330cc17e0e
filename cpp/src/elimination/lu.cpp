#include "mmlcore/elimination/lu.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>
#include <vector>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/errors.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/elimination/complex_lu.hpp"
#include "mmlcore/elimination/equilibrate.hpp"
#include "mmlcore/elimination/triangular.hpp"
#include "mmlcore/matrices/product.hpp"
#include "scaled_sides.hpp"

namespace mmlcore {
namespace {

constexpr index_t kPanel = 16;   // columns of a panel within the recursion
constexpr index_t kDirect = 32;  // a matrix up to this order is one panel

// Swaps rows k and pivots[k], k in [0, count), of the columns of `a`. Stripes of columns stay in the first-level cache.
template <class T>
void swap_rows(MatrixView<T> a, const index_t* pivots, index_t count, bool parallel) {
  if (a.empty()) return;
  constexpr index_t stripe = 256 / sizeof(T);
  auto range = [&](index_t begin, index_t end) {
    for (index_t j = begin; j < end; j += stripe) {
      const index_t width = std::min(stripe, end - j);
      for (index_t k = 0; k < count; ++k) {
        if (pivots[k] == k) continue;
        T* x = &a(k, j);
        std::swap_ranges(x, x + width, &a(pivots[k], j));
      }
    }
  };
  const index_t stripes = (a.cols + stripe - 1) / stripe;
  if (parallel && count * a.cols > 20000) {
    parallel_ranges(stripes, std::max<index_t>(1, 4000 / (count * stripe)),
                    [&](index_t begin, index_t end) { range(begin * stripe, std::min(a.cols, end * stripe)); });
  } else {
    range(0, a.cols);
  }
}

// The row of the largest |x| in x[begin, end): the first of equals. A NaN is taken as the largest, so that it is found.
template <class T>
index_t largest(const T* x, index_t begin, index_t end) {
  index_t best = begin;
  T most = -1;
  for (index_t i = begin; i < end; ++i) {
    const T size = std::abs(x[i]);
    if (!(size <= most)) {
      if (std::isnan(size)) return i;
      most = size;
      best = i;
    }
  }
  return best;
}

template <class T>
index_t largest_simd(const T* x, index_t begin, index_t end) {
  using S = Simd<T>;
  using Vec = typename S::Vec;
  if (end - begin < 4 * S::width) return largest(x, begin, end);
  Vec most{}, sum{};
  index_t i = begin;
  for (; i + S::width <= end; i += S::width) {
    const Vec v = S::abs(S::load(x + i));
    most = v > most ? v : most;
    sum += v * S::splat(0);  // NaN if any is not finite
  }
  T top = 0, check = 0;
  for (int k = 0; k < S::width; ++k) {
    top = std::max(top, most[k]);
    check += sum[k];
  }
  for (; i < end; ++i) {
    top = std::max(top, std::abs(x[i]));
    check += x[i] * 0;
  }
  if (check != 0) return largest(x, begin, end);
  for (index_t r = begin; r < end; ++r) {
    if (std::abs(x[r]) == top) return r;
  }
  return begin;
}

// A panel of at most kPanel columns, column-major with leading dimension ld: plain right-looking elimination.
template <class T>
index_t factor_panel(T* p, index_t m, index_t n, index_t ld, index_t* pivots) {
  using S = Simd<T>;
  const index_t steps = std::min(m, n);
  index_t bad = -1;
  for (index_t k = 0; k < steps; ++k) {
    T* col = p + k * ld;
    const index_t r = largest_simd(col, k, m);
    pivots[k] = r;
    if (r != k) {
      for (index_t j = 0; j < n; ++j) std::swap(p[j * ld + k], p[j * ld + r]);
    }
    const T pivot = col[k];
    if (pivot == 0) {  // a column of zeros is eliminated already
      if (bad < 0) bad = k;
      continue;
    }
    // Divide while 1 / pivot would overflow, as LAPACK does below its safe minimum, or lose digits.
    const T inverse = 1 / pivot;
    if (std::isnormal(inverse)) {
      for (index_t i = k + 1; i < m; ++i) col[i] *= inverse;
    } else {
      for (index_t i = k + 1; i < m; ++i) col[i] /= pivot;
    }
    const index_t body = k + 1 + (m - k - 1) / S::width * S::width;
    index_t j = k + 1;
    for (; j + 4 <= n; j += 4) {
      T *c0 = p + j * ld, *c1 = c0 + ld, *c2 = c1 + ld, *c3 = c2 + ld;
      const auto u0 = S::splat(c0[k]), u1 = S::splat(c1[k]), u2 = S::splat(c2[k]), u3 = S::splat(c3[k]);
      for (index_t i = k + 1; i < body; i += S::width) {
        const auto l = S::load(col + i);
        S::store(c0 + i, S::load(c0 + i) - l * u0);
        S::store(c1 + i, S::load(c1 + i) - l * u1);
        S::store(c2 + i, S::load(c2 + i) - l * u2);
        S::store(c3 + i, S::load(c3 + i) - l * u3);
      }
      for (index_t i = body; i < m; ++i) {
        const T l = col[i];
        c0[i] -= l * u0[0];
        c1[i] -= l * u1[0];
        c2[i] -= l * u2[0];
        c3[i] -= l * u3[0];
      }
    }
    for (; j < n; ++j) {
      T* c = p + j * ld;
      const T u = c[k];
      for (index_t i = k + 1; i < m; ++i) c[i] -= col[i] * u;
    }
  }
  return bad;
}

// The panel by way of a column-major copy.
template <class T>
index_t factor_narrow(MatrixView<T> a, index_t* pivots, T* scratch, index_t ld) {
  const MatrixView<T> panel = f_order(scratch, a.rows, a.cols, ld);
  copy<T>(a, panel);
  const index_t bad = factor_panel(scratch, a.rows, a.cols, ld, pivots);
  copy<T>(panel, a);
  return bad;
}

template <class T>
index_t factor(MatrixView<T> a, index_t* pivots, T* scratch, index_t ld, bool parallel) {
  const index_t m = a.rows, n = a.cols;
  if (n <= kPanel) return factor_narrow(a, pivots, scratch, ld);
  const index_t half = std::min(m, (n / 2 + kPanel - 1) / kPanel * kPanel);
  const auto left = a.block(0, 0, m, half), right = a.block(0, half, m, n - half);
  const auto l21 = a.block(half, 0, m - half, half), a22 = a.block(half, half, m - half, n - half);
  const index_t bad = factor(left, pivots, scratch, ld, parallel);
  swap_rows(right, pivots, half, parallel);
  const auto u12 = a.block(0, half, half, n - half);
  solve_unit_lower<T>(left.block(0, 0, half, half), u12, parallel);
  if (m == half) return bad;
  if (parallel) {
    product<T>(l21, u12, a22, T{-1}, T{1});
  } else {
    product_serial<T>(l21, u12, a22, T{-1}, T{1});
  }
  index_t* lower_pivots = pivots + half;
  const index_t bad_lower = factor(a22, lower_pivots, scratch, ld, parallel);
  const index_t count = std::min(m - half, n - half);
  swap_rows(l21, lower_pivots, count, parallel);
  for (index_t k = 0; k < count; ++k) lower_pivots[k] += half;
  return bad >= 0 ? bad : bad_lower >= 0 ? bad_lower + half : -1;
}

// copy_finite with the rows shared out between the threads.
template <Number T>
bool copy_rows(MatrixView<const T> from, MatrixView<T> to, bool parallel) {
  const index_t grain = std::max<index_t>(16, 100000 / std::max<index_t>(from.cols, 1));
  if (!parallel || from.rows <= grain) return copy_finite<T>(from, to);
  std::atomic<bool> finite{true};
  parallel_ranges(from.rows, grain, [&](index_t begin, index_t end) {
    const index_t size = end - begin;
    if (!copy_finite<T>(from.block(begin, 0, size, from.cols), to.block(begin, 0, size, to.cols))) finite = false;
  });
  return finite;
}

// The factors of a matrix of either kind, and the solution by them.
template <Number T>
index_t factor_any(MatrixView<T> a, index_t* pivots, bool parallel) {
  if constexpr (Complex<T>) {
    return complex_lu<T>(a, pivots);
  } else {
    return lu_factor<T>(a, pivots, parallel);
  }
}
template <Number T>
void solve_any(MatrixView<const T> lu, const index_t* pivots, MatrixView<T> b, bool parallel) {
  if constexpr (Complex<T>) {
    complex_lu_solve<T>(lu, pivots, b);
  } else {
    lu_solve<T>(lu, pivots, b, parallel);
  }
}

}  // namespace

template <class T>
index_t lu_factor(MatrixView<T> a, index_t* pivots, bool parallel) {
  if (a.empty()) return -1;
  const index_t ld = padded_stride<T>(a.rows);
  Buffer<T> scratch(ld * std::min(a.cols, kDirect));
  if (a.rows <= kDirect && a.cols <= kDirect) return factor_narrow(a, pivots, scratch.data(), ld);
  return factor(a, pivots, scratch.data(), ld, parallel);
}

template <class T>
void lu_solve(MatrixView<const T> lu, const index_t* pivots, MatrixView<T> b, bool parallel) {
  swap_rows(b, pivots, lu.rows, parallel);
  solve_unit_lower<T>(lu, b, parallel);
  solve_upper<T>(lu, b, parallel);
}

template <Number T>
Outcome try_solve(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> x, bool parallel) {
  const index_t n = a.rows;
  if (n == 0) return {};
  const index_t ld = padded_stride<T>(n);
  Buffer<T> storage(ld * n);
  Buffer<index_t> pivots(n);
  MatrixView<T> lu{storage.data(), n, n, ld, 1};
  if (!copy_rows(a, lu, parallel)) return {Solved::matrix_not_finite};
  // The solution is computed where it is wanted when its rows are contiguous, else in a copy.
  const bool in_place = x.col_stride == 1 || x.cols <= 1;
  Buffer<T> copy(in_place ? 0 : n * x.cols);
  const MatrixView<T> y = in_place ? MatrixView<T>{x.data, n, x.cols, x.row_stride, 1} : c_order(copy.data(), n, x.cols);
  if (!copy_rows(b, y, parallel)) return {Solved::side_not_finite};
  factor_any<T>(lu, pivots.data(), parallel);
  if (comfortable_pivots<T>(lu)) {
    solve_any<T>(lu, pivots.data(), y, parallel);
    if (copy_rows<T>(y, x, parallel)) return {};
  }
  // Once more with rows, columns and right sides near 1: A' = R A C, A' y = R b 2^-s, x = C y 2^s.
  const Equilibration scale = in_one_unit(a) ? equilibration(a) : matched(a);
  scale_to<T>(scale, a, lu);
  const index_t bad = factor_any<T>(lu, pivots.data(), parallel);
  if (bad >= 0) return {Solved::singular, bad};
  ScaledSides<T> sides(b, scale.rows);
  bool more = sides.next(y);
  solve_any<T>(lu, pivots.data(), y, parallel);
  sides.restore(scale.cols, y);
  while (more) {
    Buffer<T> storage_of_next(n * b.cols);
    const MatrixView<T> small = c_order(storage_of_next.data(), n, b.cols);
    more = sides.next(small);
    solve_any<T>(lu, pivots.data(), small, parallel);
    sides.restore(scale.cols, small);
    for (index_t i = 0; i < n; ++i) {
      for (index_t c = 0; c < b.cols; ++c) y(i, c) += small(i, c);
    }
  }
  return {copy_rows<T>(y, x, parallel) ? Solved::yes : Solved::overflow};
}

template <Number T>
void solve_one(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> x, bool parallel, index_t item) {
  const Outcome outcome = try_solve<T>(a, b, x, parallel);
  switch (outcome.solved) {
    case Solved::yes:
      return;
    case Solved::matrix_not_finite:
      throw DomainError("A: contains NaN or infinity" + of_item(item) + ".");
    case Solved::side_not_finite:
      throw DomainError("b: contains NaN or infinity" + of_item(item) + ".");
    case Solved::singular:
      throw SingularMatrix("A: singular matrix" + of_item(item) + ": elimination finds no pivot in column " +
                           std::to_string(outcome.column) + ".");
    case Solved::overflow:
      throw SingularMatrix("A: singular to working precision" + of_item(item) + ": the solution overflows.");
  }
}

template index_t lu_factor<float>(MatrixView<float>, index_t*, bool);
template index_t lu_factor<double>(MatrixView<double>, index_t*, bool);
template void lu_solve<float>(MatrixView<const float>, const index_t*, MatrixView<float>, bool);
template void lu_solve<double>(MatrixView<const double>, const index_t*, MatrixView<double>, bool);
template Outcome try_solve<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>, bool);
template Outcome try_solve<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>, bool);
template Outcome try_solve<std::complex<float>>(MatrixView<const std::complex<float>>, MatrixView<const std::complex<float>>,
                                                MatrixView<std::complex<float>>, bool);
template Outcome try_solve<std::complex<double>>(MatrixView<const std::complex<double>>,
                                                 MatrixView<const std::complex<double>>, MatrixView<std::complex<double>>,
                                                 bool);
template void solve_one<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>, bool, index_t);
template void solve_one<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>, bool, index_t);
template void solve_one<std::complex<float>>(MatrixView<const std::complex<float>>, MatrixView<const std::complex<float>>,
                                             MatrixView<std::complex<float>>, bool, index_t);
template void solve_one<std::complex<double>>(MatrixView<const std::complex<double>>, MatrixView<const std::complex<double>>,
                                              MatrixView<std::complex<double>>, bool, index_t);

}  // namespace mmlcore
