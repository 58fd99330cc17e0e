// What each operation computes, of vectors of points: the column `vector` of the table.
#pragma once

#include "mmlcore/calculus/special_functions.hpp"
#include "mmlcore/core/elementary.hpp"
#include "runner.hpp"

namespace mmlcore::calculus {

// The first as products, which miss the power by less than two units.
template <class T>
void Runner<T>::power(const Instruction& in) {
  switch (in.aux) {
    case 3:
      return one(in, [](Vec x) { return x * x * x; });
    case 4:
      return one(in, [](Vec x) { return (x * x) * (x * x); });
    default:
      return smooth(in, [n = in.aux](auto x) { return elementary::integer_power(x, n); });
  }
}

// Quotients by a constant, of which a division is many times slower than what follows. With r = 1 / d rounded, q = x r
// misses the quotient by few ulp; x - q d is exact in a fused operation, and q + (x - q d) r is the quotient correctly
// rounded (P. Markstein, "IA-64 and Elementary Functions", 2000, section 8.3), unless something is near the ends of the
// range.
template <class T>
void Runner<T>::divide(const Instruction& in) {
#ifdef __FMA__
  const Operand& y = in.operands[1];
  const T d = y.constant && y.size == 1 ? *source(y) : T{0}, r = 1 / d;
  constexpr T tiny = sizeof(T) == 8 ? T(1e-250) : T(1e-25f), huge = 1 / tiny;
  if (std::abs(d) > tiny && std::abs(d) < huge) {
    const Vec by = S::splat(d), inverse = S::splat(r);
    return one(in, [=](Vec x) {
      const Vec q = x * inverse, size = S::abs(x), result = S::abs(q);
      const auto good = ((size > tiny) & (size < huge) & (result > tiny) & (result < huge)) | (x == 0);
      if (S::any(~good)) return x / by;
      return x == 0 ? q : S::fma(S::fma(-q, by, x), inverse, q);
    });
  }
#endif
  two(in, [](Vec x, Vec y) { return x / y; });
}

template <class T>
void Runner<T>::sine_and_cosine(const Instruction& in) {
  const T* const x = source(in.operands[0]);
  T *sine = target(in), *cosine = slot(in.twin);
  if (in.op == Op::Cos) std::swap(sine, cosine);
  for (index_t i = 0; i < in.size * b_; i += W) {
    const auto both = elementary::sin_and_cos(S::load(x + i));
    S::store(sine + i, both.sin);
    S::store(cosine + i, both.cos);
  }
}

template <class T>
void Runner<T>::step(const Instruction& in) {
  namespace el = elementary;
  if (in.twin >= 0) return sine_and_cosine(in);
  if (absorbing_ && in.absorbs) return absorb(in);
  switch (in.op) {
#define ONE(v) one(in, [](Vec x) { return v; })
#define SMOOTH(v) smooth(in, [](auto x) { return v; })
#define TWO(v) two(in, [](Vec x, Vec y) { return v; })
#define WIDE(v) two(in, [](Vec x, Vec y) { return wide<T>([](auto x, auto y) { return v; }, x, y); })
// Number by number, in double.
#define SPECIAL(v)                                                                               \
  one(in, [order = in.aux](Vec numbers) {                                                        \
    (void)order;                                                                                 \
    const auto f = [&](double x) { return v; };                                                  \
    for (int i = 0; i < W; ++i) numbers[i] = static_cast<T>(f(static_cast<double>(numbers[i]))); \
    return numbers;                                                                              \
  })
#define EACH(v) each(in, [](T x, T y) { return v; })
#define THREE(v) three(in, [](Vec x, Vec y, Vec z) { return v; })

#define LEAF(op, name) \
  case Op::op:         \
    return;
#define STEP(op, name, operands, traits, print, scalar, vector) \
  case Op::op:                                                  \
    return vector;
#define UNARY(op, name, traits, print, scalar, vector, ...) \
  case Op::op:                                              \
    return vector;
#define BINARY UNARY
#define TERNARY UNARY
#define FUSED(op, name, scalar, vector) \
  case Op::op:                          \
    return vector;
#define STRUCTURE(op, ...) \
  case Op::op:             \
    return structure(in);
#define MATRIX(op, ...) \
  case Op::op:          \
    return matrices(in);
#include "mmlcore/calculus/operations.def"

#undef ONE
#undef SMOOTH
#undef SPECIAL
#undef TWO
#undef WIDE
#undef EACH
#undef THREE
  }
}

}  // namespace mmlcore::calculus
