// What each elementwise operation computes.
#pragma once

#include "mmlcore/calculus/elementary.hpp"
#include "runner.hpp"

namespace mmlcore::calculus {

template <class T>
void Runner<T>::step(const Instruction& in) {
  namespace el = elementary;
  const Vec one_ = S::splat(1);
  if (absorbing_ && in.absorbs) return absorb(in);
  switch (in.op) {
    case Op::Negative:
      return one(in, [](Vec x) { return -x; });
    case Op::Absolute:
      return one(in, [](Vec x) { return S::abs(x); });
    case Op::Sign:
      return one(in, [&](Vec x) { return x > 0 ? one_ : x < 0 ? -one_ : x == 0 ? Vec{} : x; });
    case Op::Not:
      return one(in, [](Vec x) { return truth(x == 0); });
    case Op::Sqrt:
      return one(in, [](Vec x) { return S::sqrt(x); });
    case Op::Square:
      return one(in, [](Vec x) { return x * x; });
    case Op::Reciprocal:
      return one(in, [](Vec x) { return 1 / x; });
    case Op::Exp:
      return smooth(in, [](auto x) { return el::exp(x); });
    case Op::Exp2:
      return smooth(in, [](auto x) { return el::exp2(x); });
    case Op::Log2:
      return smooth(in, [](auto x) { return el::log2(x); });
    case Op::Arctan2:
      return two(in, [](Vec y, Vec x) { return wide<T>([](auto u, auto v) { return el::arctan2(u, v); }, y, x); });
    case Op::Hypot:
      return two(in, [](Vec x, Vec y) { return wide<T>([](auto u, auto v) { return el::hypot(u, v); }, x, y); });
    case Op::Expm1:
      return smooth(in, [](auto x) { return el::expm1(x); });
    case Op::Log:
      return smooth(in, [](auto x) { return el::log(x); });
    case Op::Log1p:
      return smooth(in, [](auto x) { return el::log1p(x); });
    case Op::Sin:
      return smooth(in, [](auto x) { return el::sin(x); });
    case Op::Cos:
      return smooth(in, [](auto x) { return el::cos(x); });
    case Op::Tan:
      return smooth(in, [](auto x) { return el::tan(x); });
    case Op::Arcsin:
      return smooth(in, [](auto x) { return el::arcsin(x); });
    case Op::Arccos:
      return smooth(in, [](auto x) { return el::arccos(x); });
    case Op::Arctan:
      return smooth(in, [](auto x) { return el::arctan(x); });
    case Op::Sinh:
      return smooth(in, [](auto x) { return el::sinh(x); });
    case Op::Cosh:
      return smooth(in, [](auto x) { return el::cosh(x); });
    case Op::Tanh:
      return smooth(in, [](auto x) { return el::tanh(x); });
    case Op::Expit:
      return smooth(in, [](auto x) { return el::expit(x); });
    case Op::SechSquared:
      return smooth(in, [](auto x) { return el::sech_squared(x); });
    case Op::Cbrt:
      return smooth(in, [](auto x) { return el::cbrt(x); });
    case Op::Log10:
      return smooth(in, [](auto x) { return el::log10(x); });
    case Op::Arcsinh:
      return smooth(in, [](auto x) { return el::arcsinh(x); });
    case Op::Arccosh:
      return smooth(in, [](auto x) { return el::arccosh(x); });
    case Op::Arctanh:
      return smooth(in, [](auto x) { return el::arctanh(x); });
    case Op::Erf:
      return smooth(in, [](auto x) { return el::erf(x); });
    case Op::Erfc:
      return smooth(in, [](auto x) { return el::erfc(x); });
    case Op::Floor:
      return smooth(in, [](auto x) { return el::floor(x); });
    case Op::Ceil:
      return smooth(in, [](auto x) { return -el::floor(-x); });
    case Op::Pow:
      return two(in, [](Vec x, Vec y) { return wide<T>([](auto u, auto v) { return el::pow(u, v); }, x, y); });
    case Op::Power:
      return power(in);
    case Op::Add:
      return two(in, [](Vec x, Vec y) { return x + y; });
    case Op::Subtract:
      return two(in, [](Vec x, Vec y) { return x - y; });
    case Op::Multiply:
      return two(in, [](Vec x, Vec y) { return x * y; });
    case Op::Divide:
      return divide(in);
    case Op::LogAddExp:
      return two(in, [](Vec x, Vec y) { return wide<T>([](auto u, auto v) { return el::logaddexp(u, v); }, x, y); });
    case Op::XLogY:
      return two(in, [](Vec x, Vec y) { return wide<T>([](auto u, auto v) { return el::xlogy(u, v); }, x, y); });
    case Op::FloorDivide:
      return each(in, [](T x, T y) { return el::floor_divide(x, y); });
    case Op::Remainder:
      return each(in, [](T x, T y) { return el::remainder(x, y); });
    case Op::Fmod:
      return each(in, [](T x, T y) { return std::fmod(x, y); });
    case Op::Minimum:
      return two(in, [](Vec x, Vec y) { return x != x ? x : x < y ? x : y; });
    case Op::Maximum:
      return two(in, [](Vec x, Vec y) { return x != x ? x : x > y ? x : y; });
    case Op::Less:
      return two(in, [](Vec x, Vec y) { return truth(x < y); });
    case Op::LessEqual:
      return two(in, [](Vec x, Vec y) { return truth(x <= y); });
    case Op::Equal:
      return two(in, [](Vec x, Vec y) { return truth(x == y); });
    case Op::And:
      return two(in, [](Vec x, Vec y) { return truth((x != 0) & (y != 0)); });
    case Op::Or:
      return two(in, [](Vec x, Vec y) { return truth((x != 0) | (y != 0)); });
    case Op::Select:
      return three(in, [](Vec x, Vec y, Vec z) { return x != 0 ? y : z; });
    case Op::MultiplyAdd:
      return three(in, [](Vec x, Vec y, Vec z) { return S::fma(x, y, z); });
    case Op::MultiplySubtract:
      return three(in, [](Vec x, Vec y, Vec z) { return S::fma(x, y, -z); });
    case Op::SubtractMultiply:
      return three(in, [](Vec x, Vec y, Vec z) { return S::fma(-x, y, z); });
    default:
      return structure(in);
  }
}

}  // namespace mmlcore::calculus
