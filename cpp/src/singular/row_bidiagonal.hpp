// The bidiagonal form of a complex matrix of many columns, by its rows (complex_bidiagonal.hpp), with what leads there.
// Private to complex_svd.cpp.
#pragma once

#include <algorithm>
#include <complex>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/numbers.hpp"
#include "mmlcore/eigen/back_transformation.hpp"
#include "mmlcore/eigen/split_rows.hpp"
#include "mmlcore/singular/complex_bidiagonal.hpp"

namespace mmlcore {

// One matrix (m x n, m >= n).
template <class R>
class RowBidiagonal {
 public:
  RowBidiagonal(index_t m, index_t n)
      : m_(m),
        n_(n),
        rows_(padded_rows<R>(n)),
        columns_(padded_rows<R>(m)),
        numbers_(4 * n + complex_bidiagonal_scratch<R>(m, n)),
        phases_(2 * n),
        memory_(2 * m * rows_ + 2 * n * (columns_ + rows_)) {}

  // Of an `a` or its adjoint, times a power of two: the diagonal, and what is behind it. False for NaN or infinity.
  template <Complex T>
  bool reduce(const MatrixView<const T>& a, bool adjoint, int* power, R* diagonal, R* behind) {
    const index_t whole = whole_vectors<R>(n_);
    const PaddedRows<R> matrix{memory_.data(), rows_};
    R top = 0, check = 0;
    for (index_t i = 0; i < m_; ++i) {
      const SplitRow<R> row = split_row(matrix, i);
      for (index_t j = 0; j < n_; ++j) {
        const std::complex<R> x(adjoint ? std::conj(a(j, i)) : a(i, j));
        row.put(j, x);
        check += nothing(x);
        top = std::max(top, largest_part(x));
      }
      std::fill(row.re + n_, row.re + whole, R{0});
      std::fill(row.im + n_, row.im + whole, R{0});
    }
    if (check != 0) return false;
    std::frexp(top, power);
    const R half = std::ldexp(R{1}, -(*power / 2)), rest = std::ldexp(R{1}, -(*power - *power / 2));  // may be no number
    for (index_t i = 0; *power != 0 && i < 2 * m_; ++i) {
      for (index_t j = 0; j < n_; ++j) matrix.row(i)[j] = matrix.row(i)[j] * half * rest;
    }
    complex_bidiagonal<R>(m_, n_, matrix, told(), numbers_.data() + 4 * n_);
    // From the last row up it is the upper form that is wanted.
    std::reverse_copy(told().diagonal, told().diagonal + n_, diagonal);
    std::reverse_copy(told().before, told().before + n_ - 1, behind);
    return true;
  }

  // The vectors of the longer side, H_{n-1} ... H_0 [0; diag(phi) x], and of the shorter one, G_{n-1} ... G_1 diag(psi) y;
  // columns of x and y (n x n); those that follow complete the set.
  template <Complex T>
  void longer(const MatrixView<const R>& x, const MatrixView<T>& to) const {
    apply(x, to, m_, m_ - n_ + 1, m_ + 1, told().u, told().tau, told().phi);
  }
  template <Complex T>
  void shorter(const MatrixView<const R>& y, const MatrixView<T>& to) const {
    apply(y, to, n_, 1, n_, {told().v.row(2), rows_}, told().sigma + 1, told().psi);
  }

 private:
  ComplexBidiagonal<R> told() const {
    R *const u = memory_.data() + 2 * m_ * rows_, *const v = u + 2 * n_ * columns_, *const numbers = numbers_.data();
    return {{u, columns_},    {v, rows_},       numbers,        numbers + n_,
            numbers + 2 * n_, numbers + 3 * n_, phases_.data(), phases_.data() + n_};
  }

  template <Complex T>
  void apply(const MatrixView<const R>& x, const MatrixView<T>& to, index_t rows, index_t begin, index_t end,
             PaddedRows<R> vectors, const R* scales, const std::complex<R>* phases) const {
    constexpr index_t W = Simd<R>::width;
    const index_t width = 2 * whole_vectors<R>(to.cols), above = rows - n_;
    Buffer<R> memory(rows * (width + W));
    const PaddedRows<R> z{memory.data(), width + W};
    const auto place = [](index_t j) { return j / W * 2 * W + j % W; };
    for (index_t i = 0; i < rows; ++i) {
      R* const row = z.row(i);
      std::fill_n(row, width, R{0});
      if (i < above && n_ + i < to.cols) row[place(n_ + i)] = 1;
      for (index_t j = 0; i >= above && j < n_; ++j) {
        const R own = x(rows - 1 - i, j);
        row[place(j)] = phases[i - above].real() * own;
        row[place(j) + W] = phases[i - above].imag() * own;
      }
    }
    back_transform_hermitian<R>(begin, end, vectors, scales, z, to.cols);
    for (index_t i = 0; i < rows; ++i) {
      const R* const row = z.row(i);
      for (index_t j = 0; j < to.cols; ++j) to(i, j) = static_cast<T>(std::complex<R>(row[place(j)], row[place(j) + W]));
    }
  }

  index_t m_, n_, rows_, columns_;
  Buffer<R> numbers_;
  Buffer<std::complex<R>> phases_;
  Buffer<R> memory_;
};

}  // namespace mmlcore
