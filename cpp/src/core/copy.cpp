// Rows copied as rows, and rows that become columns: squares of vectors transposed in registers, short rows by shuffles.
#include "mmlcore/core/copy.hpp"

#include <cstdlib>
#include <type_traits>

#include "copy_steps.hpp"
#include "mmlcore/core/copy_checks.hpp"
#include "mmlcore/core/interleave.hpp"
#include "mmlcore/core/short_items.hpp"
#include "mmlcore/core/simd.hpp"

namespace mmlcore {
namespace detail {
namespace {

template <class T, class Check>
void copy_row(const T* in, T* out, index_t n, Check& check) {
  using S = Simd<T>;
  index_t j = 0;
  for (; j + S::width <= n; j += S::width) {
    const auto v = S::load(in + j);
    check(v);
    S::store(out + j, v);
  }
  for (; j < n; ++j) {
    check(in[j]);
    out[j] = in[j];
  }
}

// One square of W x W numbers, through registers.
template <class T, class Check>
[[gnu::always_inline]] inline void transpose_square(MatrixView<const T> from, MatrixView<T> to, index_t i, index_t j,
                                                    Check& check) {
  using S = Simd<T>;
  typename S::Vec v[S::width];
#pragma GCC unroll 16
  for (index_t r = 0; r < S::width; ++r) {
    v[r] = S::load(&from(i + r, j));
    check(v[r]);
  }
  transpose<T>(v);
#pragma GCC unroll 16
  for (index_t c = 0; c < S::width; ++c) S::store(&to(i, j + c), v[c]);
}

// Rows of D numbers without gaps, W of them at a time; returns how many were copied.
template <int D, class T, class Check>
index_t copy_dense_rows(MatrixView<const T> from, MatrixView<T> to, Check& check) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  index_t i = 0;
  for (; i + W <= from.rows; i += W) {
    typename S::Vec v[D], columns[D];
    for (int k = 0; k < D; ++k) {
      v[k] = S::load(from.data + i * D + k * W);
      check(v[k]);
    }
    items_apart<T, D>(v, columns);
#pragma GCC unroll 8
    for (int k = 0; k < D; ++k) S::store(&to(i, k), columns[k]);
  }
  return i;
}

// Rows of less than W numbers, W of them at a time: a few side by side by shuffles, longer ones as the left part of a
// square, read with what follows them. Returns how many were copied. 11,442 rows of 2: 5 us, number by number 25.
template <class T, class Check>
index_t copy_short_rows(MatrixView<const T> from, MatrixView<T> to, Check& check) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  const index_t m = from.rows, n = from.cols, step = from.row_stride;
  index_t i = 0;
  if (step == n && n <= kShortest &&
      as_woven<T>(n, [&](auto size) { i = copy_dense_rows<decltype(size)::value>(from, to, check); }))
    return i;
  if (n < 3 || step < n) return i;
  for (; i + W <= m && (i + W - 1) * step + W <= (m - 1) * step + n; i += W) {
    typename S::Vec v[W];
#pragma GCC unroll 16
    for (index_t r = 0; r < W; ++r) v[r] = S::load(&from(i + r, 0));
    transpose<T>(v);
    for (index_t c = 0; c < n; ++c) {
      check(v[c]);
      S::store(&to(i, c), v[c]);
    }
  }
  return i;
}

// Rows of `from` contiguous, columns of `to` contiguous. What does not fill a square is copied with some of what is beside
// it, once more.
template <class T, class Check>
void copy_transposing(MatrixView<const T> from, MatrixView<T> to, Check& check) {
  constexpr index_t W = Simd<T>::width;
  MMLCORE_ASSERT(from.col_stride == 1 && to.row_stride == 1);
  const index_t m = from.rows, n = from.cols;
  if (m < W || n < W) {
    const index_t rows = n < W ? copy_short_rows(from, to, check) : 0;
    const index_t columns = n < W ? 0 : interleave(from, to, check);
    for (index_t i = rows; i < m; ++i) {
      for (index_t j = columns; j < n; ++j) {
        check(from(i, j));
        to(i, j) = from(i, j);
      }
    }
    return;
  }
  const auto squares_from = [&](index_t i) {
    for (index_t j = 0; j + W <= n; j += W) transpose_square(from, to, i, j, check);
    if (n % W) transpose_square(from, to, i, n - W, check);
  };
  for (index_t i = 0; i + W <= m; i += W) squares_from(i);
  if (m % W) squares_from(m - W);
}

template <class T, class Check>
bool copy_checked(MatrixView<const T> from, MatrixView<T> to, Check check) {
  MMLCORE_ASSERT(from.rows == to.rows && from.cols == to.cols);
  // Prefer the orientation in which the source is read along its contiguous axis, or along that of the smaller steps.
  if (from.col_stride != 1 && std::abs(from.row_stride) < std::abs(from.col_stride)) {
    from = from.transposed();
    to = to.transposed();
  }
  if (from.col_stride == 1 && to.col_stride == 1) {
    for (index_t i = 0; i < from.rows; ++i) copy_row(from.row(i).data, to.row(i).data, from.cols, check);
  } else if (from.col_stride == 1 && to.row_stride == 1) {
    copy_transposing(from, to, check);
  } else {
    return copy_steps<T>(from, to, std::is_same_v<Check, NoCheck>);
  }
  return check.finite();
}

}  // namespace
}  // namespace detail

template <class T>
void copy(MatrixView<const T> from, MatrixView<T> to) {
  detail::copy_checked(from, to, detail::NoCheck{});
}

template <class T>
bool copy_finite(MatrixView<const T> from, MatrixView<T> to) {
  return detail::copy_checked(from, to, detail::FiniteCheck<T>{});
}

template void copy<float>(MatrixView<const float>, MatrixView<float>);
template void copy<double>(MatrixView<const double>, MatrixView<double>);
template bool copy_finite<float>(MatrixView<const float>, MatrixView<float>);
template bool copy_finite<double>(MatrixView<const double>, MatrixView<double>);

}  // namespace mmlcore
