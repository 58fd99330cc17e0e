// A^e by repeated squaring (N. J. Higham, "Functions of matrices", 2008, section 4.1): at most 2 log2 e products of small
// matrices, in scratch memory of two. For matrices of some rows, whose products cost less than the call to each of them.
#pragma once

#include <cstdint>
#include <utility>

#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/views.hpp"
#include "mmlcore/matrices/product_small.hpp"

namespace mmlcore {

// `to` in rows, `scratch` for 2 n^2 numbers. False where the power, or A, is not finite.
template <Real T>
bool matrix_power(MatrixView<const T> a, std::uint64_t e, MatrixView<T> to, T* scratch) {
  const index_t n = a.rows;
  const auto all = [&](auto&& f) {
    for (index_t i = 0; i < n; ++i) {
      for (index_t j = 0; j < n; ++j) f(i, j);
    }
  };
  MatrixView<T> square = c_order(scratch, n, n), spare = c_order(scratch + n * n, n, n);
  T check = 0;
  all([&](index_t i, index_t j) { check += (square(i, j) = a(i, j)) * 0; });
  if (check != 0) return false;
  if (e == 0) {
    all([&](index_t i, index_t j) { to(i, j) = i == j; });
    return true;
  }
  bool first = true;
  for (; e; e >>= 1) {
    if (e & 1) {
      if (first) {
        copy<T>(square, to);
      } else {
        product_small<T>(to, square, spare);
        copy<T>(spare, to);
      }
      first = false;
    }
    if (e > 1) {
      product_small<T>(square, square, spare);
      std::swap(square, spare);
    }
  }
  all([&](index_t i, index_t j) { check += to(i, j) * 0; });
  return check == 0;
}

}  // namespace mmlcore
