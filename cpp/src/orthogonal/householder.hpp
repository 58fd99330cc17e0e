// The second route of gram_schmidt.hpp, for every matrix, real or complex. Private to householder_f32.cpp and its like: what
// Eigen brings takes long to compile, so each type has a file.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>
#include <vector>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/errors.hpp"
#include "mmlcore/core/maps.hpp"
#include "mmlcore/core/numbers.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/matrices/complex_product.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/orthogonal/blocked_complex_qr.hpp"
#include "mmlcore/orthogonal/blocked_qr.hpp"
#include "mmlcore/orthogonal/gram_schmidt.hpp"

namespace mmlcore {
namespace {

template <class T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;  // column-major

// Exponents e_j such that the largest entry of column j times 2^-e_j lies in [0.5, 1); 0 for a zero column, and for one
// whose squares are in no danger.
template <class T>
std::vector<int> column_exponents(MatrixView<const T> a) {
  const index_t n = a.cols, slots = std::clamp<index_t>(a.rows / 4096, 1, 64);
  Buffer<RealPart<T>> most(slots * n);
  std::fill(most.begin(), most.end(), RealPart<T>{0});
  std::atomic<bool> finite{true};
  parallel_tasks(slots, [&](index_t s) {
    RealPart<T>* top = most.data() + s * n;
    RealPart<T> check = 0;
    for (index_t i = a.rows * s / slots; i < a.rows * (s + 1) / slots; ++i) {
      for (index_t j = 0; j < n; ++j) {
        check += nothing(a(i, j));
        top[j] = std::max(top[j], largest_part(a(i, j)));
      }
    }
    if (check != 0) finite = false;
  });
  if (!finite) throw NotFinite("A: contains NaN or infinity.");
  std::vector<int> exponents(n, 0);
  for (index_t j = 0; j < n; ++j) {
    RealPart<T> top = 0;
    for (index_t s = 0; s < slots; ++s) top = std::max(top, most[s * n + j]);
    if (top > 0) std::frexp(top, &exponents[j]);
    if (std::abs(exponents[j]) < (sizeof(RealPart<T>) == 8 ? 128 : 16)) exponents[j] = 0;
  }
  return exponents;
}

// Householder QR: `x` (m x n) becomes Q (m x p, p = min(m, n), or m x m where `full`); returns R of as many rows, its
// diagonal real and not negative.
template <class T>
Matrix<T> thin_qr(Matrix<T>& x, bool full = false) {
  const index_t least = std::min(x.rows(), x.cols()), p = full ? x.rows() : least;
  Matrix<T> q(x.rows(), p);
  if constexpr (Complex<T>) {
    const index_t m = x.rows(), n = x.cols();
    Buffer<T> memory(m * (n + p));
    const MatrixView<T> rows = c_order(memory.data(), m, n), vectors = c_order(memory.data() + m * n, m, p);
    copy<T>(view_of(std::as_const(x)), rows);
    blocked_complex_qr<T>(rows, vectors);
    Matrix<T> r(p, n);
    copy<T>(rows.block(0, 0, p, n), view_of(r));
    copy<T>(vectors, view_of(q));
    x = std::move(q);
    return r;
  } else {
    blocked_qr<T>(view_of(x), view_of(q));
    Matrix<T> r = x.topRows(p);
    x = std::move(q);
    return r;
  }
}

template <class T>
void product_of(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& to) {
  if constexpr (Complex<T>) {  // into rows
    Buffer<T> memory(to.rows * to.cols);
    const MatrixView<T> rows = c_order(memory.data(), to.rows, to.cols);
    complex_product<T>(a, b, rows);
    copy<T>(rows, to);
  } else {
    product<T>(a, b, to);
  }
}

// The columns of the small R0 orthonormalized in order: U (p x n), zero columns where dependent.
//
// R0 is upper triangular. As long as no column was dependent, the columns before j span the first j unit vectors: what
// column j adds is its diagonal entry. From the first dependent column f on, it is what its rows f ... p - 1 add to each
// other.
template <class T>
Matrix<T> orthonormalize_in_order(const Matrix<T>& r, double rtol, RealPart<T>* norms) {
  using Vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;
  const index_t p = r.rows(), n = r.cols();
  Matrix<T> u = Matrix<T>::Zero(p, n);
  std::fill(norms, norms + n, RealPart<T>{0});
  index_t f = 0;
  for (; f < p; ++f) {
    norms[f] = std::abs(r(f, f));
    if (!(norms[f] > rtol * r.col(f).norm())) break;
    u(f, f) = std::real(r(f, f)) < 0 ? T{-1} : T{1};
  }
  if (f < n) norms[f] = 0;
  Matrix<T> basis(p - f, std::min(p - f, n - std::min(f, n)));
  index_t kept = 0;
  for (index_t j = f + 1; j < n && kept < p - f; ++j) {
    Vector v = r.col(j).tail(p - f);
    RealPart<T> length = v.norm();
    for (int pass = 0; pass < 4 && kept > 0; ++pass) {
      v -= basis.leftCols(kept) * (basis.leftCols(kept).adjoint() * v);
      const RealPart<T> before = std::exchange(length, v.norm());
      if (length > before / 2) break;
    }
    if (!(length > rtol * r.col(j).norm())) continue;
    norms[j] = length;
    basis.col(kept) = v / length;
    u.col(j).tail(p - f) = basis.col(kept++);
  }
  return u;
}

// Column j of x times 2^-e_j.
template <class T>
void scale_columns(MatrixView<T> x, const std::vector<int>& exponents) {
  for (index_t j = 0; j < x.cols; ++j) {
    for (index_t i = 0; exponents[j] != 0 && i < x.rows; ++i) x(i, j) = times_power(x(i, j), -exponents[j]);
  }
}

template <class T>
index_t row_blocks(index_t m, index_t n) {
  return std::max<index_t>(1, m / std::max<index_t>(4 * n, (index_t{1} << 18) / (n * index_t{sizeof(T)})));
}

// A = Q0 R0 over blocks of rows; calls back with U = f(R0) and leaves Q = Q0 U in q.
template <class T, class F>
void tall_qr(MatrixView<const T> a, const std::vector<int>& exponents, MatrixView<T> q, F&& f) {
  const index_t m = a.rows, n = a.cols;
  const index_t blocks = row_blocks<T>(m, n);
  std::vector<Matrix<T>> local(blocks), triangle(blocks);
  parallel_tasks(blocks, [&](index_t b) {
    const index_t begin = m * b / blocks, rows = m * (b + 1) / blocks - begin;
    local[b].resize(rows, n);
    copy<T>(a.block(begin, 0, rows, n), view_of(local[b]));
    scale_columns<T>(view_of(local[b]), exponents);
    triangle[b] = thin_qr(local[b]);
  });
  // The triangles on top of each other; a second level of blocks would pay from some ten thousand blocks only.
  index_t total = 0;
  std::vector<index_t> start(blocks);
  for (index_t b = 0; b < blocks; ++b) {
    start[b] = total;
    total += triangle[b].rows();
  }
  Matrix<T> stacked(total, n);
  for (index_t b = 0; b < blocks; ++b) stacked.middleRows(start[b], triangle[b].rows()) = triangle[b];
  const Matrix<T> r0 = blocks > 1 ? thin_qr(stacked) : std::move(stacked);
  Matrix<T> u = f(r0);
  if (blocks > 1) {
    Matrix<T> turned(stacked.rows(), u.cols());
    product_of<T>(view_of(std::as_const(stacked)), view_of(std::as_const(u)), view_of(turned));
    u = std::move(turned);
  }
  if (blocks == 1 && u.isDiagonal(0)) {  // no column was dependent: signs alone
    for (index_t j = 0; j < u.cols(); ++j) local[0].col(j) *= u(j, j);
    return copy<T>(view_of(std::as_const(local[0])), q);
  }
  parallel_tasks(blocks, [&](index_t b) {
    const index_t begin = m * b / blocks, rows = m * (b + 1) / blocks - begin, p = triangle[b].rows();
    const MatrixView<const T> top = view_of(std::as_const(u)).block(start[b], 0, p, u.cols());
    product_of<T>(view_of(std::as_const(local[b])), top, q.block(begin, 0, rows, top.cols));
  });
}

}  // namespace

template <class T>
void householder_gram_schmidt(MatrixView<const T> a, MatrixView<T> q, RealPart<T>* norms, double rtol) {
  const std::vector<int> exponents = column_exponents(a);
  tall_qr<T>(a, exponents, q, [&](const Matrix<T>& r0) { return orthonormalize_in_order<T>(r0, rtol, norms); });
  for (index_t j = 0; j < a.cols; ++j) norms[j] = std::ldexp(norms[j], exponents[j]);
}

template <class T>
void householder_qr(MatrixView<const T> a, MatrixView<T> q, MatrixView<T> r) {
  const std::vector<int> exponents = column_exponents(a);
  const auto keep = [&](index_t p, auto&& r0) {
    for (index_t i = 0; i < p; ++i) {
      for (index_t j = 0; j < a.cols; ++j)
        r(i, j) = j < i ? T{0} : exponents[j] == 0 ? r0(i, j) : entry_of_r(times_power(r0(i, j), exponents[j]));
    }
  };
  const bool full = q.cols > std::min(a.rows, a.cols);
  if (Complex<T> && full) {
    Matrix<T> x(a.rows, a.cols);
    copy<T>(a, view_of(x));
    scale_columns<T>(view_of(x), exponents);
    keep(q.cols, thin_qr(x, true));
    return copy<T>(view_of(std::as_const(x)), q);
  }
  if (!full && (Complex<T> || row_blocks<T>(a.rows, a.cols) > 1)) {
    return tall_qr<T>(a, exponents, q, [&](const Matrix<T>& r0) {
      keep(r0.rows(), r0);
      return Matrix<T>(Matrix<T>::Identity(r0.rows(), r0.rows()));
    });
  }
  if constexpr (!Complex<T>) {
    const index_t ld = padded_stride<T>(a.rows);
    Buffer<T> storage(ld * a.cols);
    const MatrixView<T> x = f_order(storage.data(), a.rows, a.cols, ld);
    copy<T>(a, x);
    scale_columns<T>(x, exponents);
    blocked_qr<T>(x, q);
    keep(q.cols, x);
  }
}

}  // namespace mmlcore
