// Running sums and products, and their derivatives: s_i = a_i s_(i-1) + b_i. And what runs where zeros absorb what is
// infinite or no number beside them: see differentiate.hpp.
#pragma once

#include "runner.hpp"

namespace mmlcore::calculus {

template <class T>
inline T absorbing_product(T x, T y) {
  return x == 0 || y == 0 ? T{0} : x * y;
}

template <class T>
void Runner<T>::recurrence(const Instruction& in) {
  const index_t count = in.dims[1], inner = in.dims[2], row = inner * b_;
  const Operand &x = in.operands[0], &y = in.operands[1];
  const bool backwards = in.aux & 1, absorbs = absorbing_ && in.absorbs;
  const T *a = source(x), *b = source(y);
  T* out = slot(in.place);
  for (index_t o = 0; o < in.dims[0]; ++o) {
    for (index_t k = 0; k < count; ++k) {
      const index_t r = backwards ? count - 1 - k : k, at = (o * count + r) * inner;
      T* to = out + at * b_;
      const T* before = to + (backwards ? row : -row);
      for (index_t i = 0; i < inner; ++i) {
        const index_t ia = (at + i) % x.size, ib = (at + i) % y.size;
        for (index_t l = 0; l < b_; ++l) {
          const index_t j = i * b_ + l;
          const T term = b[y.constant ? ib : ib * b_ + l];
          if (k == 0) {
            to[j] = term;
            continue;
          }
          const T factor = a[x.constant ? ia : ia * b_ + l];
          to[j] = term + (absorbs ? absorbing_product(factor, before[j]) : factor * before[j]);
        }
      }
    }
  }
}

template <class T>
void Runner<T>::absorb(const Instruction& in) {
  const auto product = [](Vec x, Vec y) { return (x == 0) | (y == 0) ? Vec{} : x * y; };
  const Rules rules{
      [&](Is<Op::Multiply>) { two(in, product); },
      [&](Is<Op::Divide>) { two(in, [](Vec x, Vec y) { return x == 0 ? Vec{} : x / y; }); },
      [&](Is<Op::MultiplyAdd>) { three(in, [=](Vec x, Vec y, Vec z) { return product(x, y) + z; }); },
      [&](Is<Op::MultiplySubtract>) { three(in, [=](Vec x, Vec y, Vec z) { return product(x, y) - z; }); },
      [&](Is<Op::SubtractMultiply>) { three(in, [=](Vec x, Vec y, Vec z) { return z - product(x, y); }); },
      [&](Is<Op::Recurrence>) { recurrence(in); },
      [&](Is<Op::MatMul>) { absorb_matmul(in); },
  };
  switch (in.op) {
#define OPERATION(op, ...)                                                                        \
  case Op::op:                                                                                    \
    static_assert(has(Op::op, kCanAbsorb) == std::is_invocable_v<decltype(rules), Is<Op::op>>,    \
                  "operations.def and recurrence.hpp do not agree whether zeros absorb in " #op); \
    if constexpr (has(Op::op, kCanAbsorb)) rules(Is<Op::op>());                                   \
    return;
#include "mmlcore/calculus/operations.def"
  }
}

template <class T>
void Runner<T>::absorb_matmul(const Instruction& in) {
  const index_t m = in.dims[0], k = in.dims[1], n = in.dims[2];
  const Operand &x = in.operands[0], &y = in.operands[1];
  const T *a = source(x), *b = source(y);
  T* out = slot(in.place);
  const auto number = [&](const Operand& of, const T* from, index_t i, index_t point) {
    return from[of.constant ? i : i * b_ + point];
  };
  for (index_t q = 0; m * n > 0 && q < in.size / (m * n); ++q) {
    const index_t at_a = k ? q * m * k % x.size : 0, at_b = k ? q * k * n % y.size : 0;
    for (index_t e = 0; e < m * n; ++e) {
      const index_t i = e / n, j = e % n;
      for (index_t p = 0; p < b_; ++p) {
        T total = 0;
        for (index_t l = 0; l < k; ++l) {
          total += absorbing_product(number(x, a, at_a + (in.aux & 1 ? l * m + i : i * k + l), p),
                                     number(y, b, at_b + (in.aux & 2 ? j * k + l : l * n + j), p));
        }
        out[(q * m * n + e) * b_ + p] = total;
      }
    }
  }
}

}  // namespace mmlcore::calculus
