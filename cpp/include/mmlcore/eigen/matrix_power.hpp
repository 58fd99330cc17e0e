// A^e by repeated squaring (N. J. Higham, "Functions of matrices", 2008, section 4.1), from the highest binary digit of e
// down: square, and multiply by A where the digit is 1. At most 2 log2 e products, each of a whole stack (product_batch), to
// and fro between the result and one scratch; which of them comes first is chosen so that the last product is the result.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/finite.hpp"
#include "mmlcore/core/numbers.hpp"
#include "mmlcore/matrices/complex_product.hpp"
#include "mmlcore/matrices/product_small.hpp"

namespace mmlcore {

// `to`: items one after the other, in rows. False where a power, or A, is not finite: what is not finite in A stays so.
template <Number T>
bool matrix_power(const MatrixBatch<const T>& a, std::uint64_t e, T* to) {
  const index_t n = a.item.rows, count = a.count(), size = count * n * n;
  const auto stack = [=](auto* data) {
    MatrixBatch<std::remove_pointer_t<decltype(data)>> made{c_order(data, n, n), {}};
    made.batch.push(count, n * n);
    return made;
  };
  const auto finite = [&] { return all_finite(reinterpret_cast<const RealPart<T>*>(to), size * (Complex<T> ? 2 : 1)); };
  if (e <= 1) {
    for (index_t i = 0; i < count; ++i) copy<T>(a[i], c_order(to + i * n * n, n, n));
    if (!finite()) return false;
    for (index_t i = 0; i < size && e == 0; ++i) to[i] = i % (n * n) % (n + 1) == 0 ? T{1} : T{0};
    return true;
  }
  const int digits = std::bit_width(e), products = digits - 1 + std::popcount(e) - 1;
  Buffer<T> scratch(products > 1 ? size : 0);
  T* next = products % 2 == 1 ? to : scratch.data();
  T* other = products % 2 == 1 ? scratch.data() : to;
  MatrixBatch<const T> power = a;
  const auto multiply = [&](const MatrixBatch<const T>& right) {
    product_batch<T>(power, right, stack(next));
    power = stack(static_cast<const T*>(next));
    std::swap(next, other);
  };
  for (int digit = digits - 2; digit >= 0; --digit) {
    multiply(power);
    if (e >> digit & 1) multiply(a);
  }
  return finite();
}

}  // namespace mmlcore
