// What each operation computes, of vectors of points: the column `vector` of the table.
#pragma once

#include "mmlcore/calculus/elementary.hpp"
#include "runner.hpp"

namespace mmlcore::calculus {

template <class T>
void Runner<T>::step(const Instruction& in) {
  namespace el = elementary;
  if (absorbing_ && in.absorbs) return absorb(in);
  switch (in.op) {
#define ONE(v) one(in, [](Vec x) { return v; })
#define SMOOTH(v) smooth(in, [](auto x) { return v; })
#define TWO(v) two(in, [](Vec x, Vec y) { return v; })
#define WIDE(v) two(in, [](Vec x, Vec y) { return wide<T>([](auto x, auto y) { return v; }, x, y); })
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
#include "mmlcore/calculus/operations.def"

#undef ONE
#undef SMOOTH
#undef TWO
#undef WIDE
#undef EACH
#undef THREE
  }
}

}  // namespace mmlcore::calculus
