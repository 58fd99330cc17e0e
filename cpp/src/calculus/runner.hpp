// The loops of a program: one function for each operation, over blocks of points. Compiled once for each type.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>

#include "mmlcore/calculus/elementary.hpp"
#include "mmlcore/calculus/program.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "wide.hpp"

namespace mmlcore::calculus {

template <class T>
class Runner {
 public:
  using S = Simd<T>;
  using Vec = typename S::Vec;
  static constexpr index_t W = S::width;

  Runner(const Program& program, index_t block)
      : p_(program),
        layout_(block == 1 ? program.single_ : program.blocks_),
        b_(block),
        memory_(layout_.memory * block + W) {
    // Padding is computed too: zeros keep functions there on their fast way. Long arrays have little of it; blocks have
    // none.
    if (block == 1 && memory_.size() <= 4096) std::fill(memory_.begin(), memory_.end(), T{0});
  }

  // Points first ... first + count - 1, count <= B.
  void block(index_t first, index_t count, const Points<const T>* arguments, const Points<T>* results) {
    for (std::size_t i = 0; i < layout_.inputs.size(); ++i) load(layout_.inputs[i], arguments[i], first, count);
    for (const Instruction& in : layout_.code) step(in);
    for (std::size_t i = 0; i < layout_.outputs.size(); ++i) store(layout_.outputs[i], results[i], first, count);
  }

 private:
  T* slot(std::int32_t place) const { return memory_.data() + place * b_; }
  const T* source(const Operand& x) const { return x.constant ? p_.pool<T>().data() + x.place : slot(x.place); }

  void load(const Operand& to, const Points<const T>& from, index_t first, index_t count) {
    if (to.size == 0) return;
    const T* data = from.data + first * from.stride;
    if (b_ == 1) {
      std::copy(data, data + to.size, slot(to.place));
      return;
    }
    const MatrixView<T> place = c_order(slot(to.place), to.size, b_).transposed();  // [point][number]
    if (from.stride == 0) {
      for (index_t i = 0; i < to.size; ++i) std::fill(&place(0, i), &place(0, i) + b_, data[i]);
      return;
    }
    if (from.stride != to.size || !by_size(to.size, [&](auto n) { part<n>(data, &place(0, 0), count); }))
      copy<T>(MatrixView<const T>{data, count, to.size, from.stride, 1}, place.block(0, 0, count, to.size));
    for (index_t i = 0; count < b_ && i < to.size; ++i) {  // what is computed beyond the last point is that point again
      std::fill(&place(count, i), &place(0, i) + b_, place(count - 1, i));
    }
  }

  void store(const Operand& from, const Points<T>& to, index_t first, index_t count) {
    T* data = to.data + first * to.stride;
    const T* in = source(from);
    if (b_ == 1 || from.constant) {
      for (index_t point = 0; point < count; ++point) std::copy(in, in + from.size, data + point * to.stride);
      return;
    }
    if (to.stride != from.size || !by_size(from.size, [&](auto n) { join<n>(in, data, count); }))
      copy<T>(MatrixView<const T>{in, count, from.size, 1, b_}, MatrixView<T>{data, count, from.size, to.stride, 1});
  }

  // Points of few numbers, one after the other: with their number known, the loops become shuffles.
  template <class F>
  static bool by_size(index_t size, F&& f) {
    switch (size) {
      case 1:
        return f(std::integral_constant<int, 1>{}), true;
      case 2:
        return f(std::integral_constant<int, 2>{}), true;
      case 3:
        return f(std::integral_constant<int, 3>{}), true;
      case 4:
        return f(std::integral_constant<int, 4>{}), true;
      default:
        return false;
    }
  }
  template <int N>
  void part(const T* from, T* to, index_t count) const {
    for (index_t p = 0; p < count; ++p) {
      for (int i = 0; i < N; ++i) to[i * b_ + p] = from[p * N + i];
    }
  }
  template <int N>
  void join(const T* from, T* to, index_t count) const {
    for (index_t p = 0; p < count; ++p) {
      for (int i = 0; i < N; ++i) to[p * N + i] = from[i * b_ + p];
    }
  }

  // How operands are read in an inner loop: as vectors one after the other, or as one number.
  struct Lane {
    const T* data;
    bool vector;
    Vec splat() const { return S::splat(*data); }
  };

  template <class F>
  void loop1(T* out, index_t n, Lane a, F&& f) {
    for (index_t i = 0; i < n; i += W) S::store(out + i, f(S::load(a.data + i)));
  }
  template <class F>
  void loop2(T* out, index_t n, Lane a, Lane b, F&& f) {
    if (a.vector && b.vector) {
      for (index_t i = 0; i < n; i += W) S::store(out + i, f(S::load(a.data + i), S::load(b.data + i)));
    } else if (a.vector) {
      const Vec y = b.splat();
      for (index_t i = 0; i < n; i += W) S::store(out + i, f(S::load(a.data + i), y));
    } else if (b.vector) {
      const Vec x = a.splat();
      for (index_t i = 0; i < n; i += W) S::store(out + i, f(x, S::load(b.data + i)));
    } else {
      const Vec value = f(a.splat(), b.splat());
      for (index_t i = 0; i < n; i += W) S::store(out + i, value);
    }
  }
  template <class F>
  void loop3(T* out, index_t n, Lane a, Lane b, Lane c, F&& f) {
    // A step of zero reads the same vector again, which numbers are spread to.
    alignas(64) T numbers[3][W];
    const auto at = [&](Lane& x, int k, index_t& step) {
      step = x.vector ? W : 0;
      if (x.vector) return x.data;
      S::store(numbers[k], x.splat());
      return static_cast<const T*>(numbers[k]);
    };
    index_t sa, sb, sc;
    const T *pa = at(a, 0, sa), *pb = at(b, 1, sb), *pc = at(c, 2, sc);
    for (index_t i = 0; i < n; i += W, pa += sa, pb += sb, pc += sc)
      S::store(out + i, f(S::load(pa), S::load(pb), S::load(pc)));
  }

  // Calls loop(out, n, lanes) so that every element of the result is met, however short the operands are: in runs up to
  // where one of them starts again, or element by element where one has a number for all points of an element.
  template <int N, class Loop>
  void spread(const Instruction& in, Loop&& loop) {
    const T* base[N];
    Lane lanes[N];
    index_t step[N], run = in.size;  // step: from an element of the operand to the next; 0 for a number
    for (int k = 0; k < N; ++k) {
      const Operand& x = in.operands[k];
      const bool numbers = x.constant && b_ > 1, one = x.size == 1 && (x.constant || b_ == 1);
      base[k] = source(x);
      lanes[k] = {base[k], !numbers && !one};
      step[k] = one ? 0 : numbers ? 1 : b_;
      if (!one) run = numbers ? 1 : std::min<index_t>(run, x.size);
    }
    T* out = slot(in.place);
    if (run == in.size) return loop(out, run * b_, lanes);
    index_t at[N] = {};
    for (index_t e = 0; e < in.size; e += run) {
      for (int k = 0; k < N; ++k) {
        lanes[k].data = base[k] + at[k] * step[k];
        at[k] += run;
        if (at[k] >= in.operands[k].size) at[k] = 0;
      }
      loop(out + e * b_, run * b_, lanes);
    }
  }

  template <class F>
  void one(const Instruction& in, F&& f) {
    spread<1>(in, [&](T* out, index_t n, Lane* x) {
      if (x[0].vector) {
        loop1(out, n, x[0], f);
      } else {
        loop2(out, n, x[0], x[0], [&](Vec v, Vec) { return f(v); });
      }
    });
  }
  template <class F>
  void two(const Instruction& in, F&& f) {
    spread<2>(in, [&](T* out, index_t n, Lane* x) { loop2(out, n, x[0], x[1], f); });
  }
  template <class F>
  void three(const Instruction& in, F&& f) {
    spread<3>(in, [&](T* out, index_t n, Lane* x) { loop3(out, n, x[0], x[1], x[2], f); });
  }

  template <class F>
  void smooth(const Instruction& in, F&& f) {
    one(in, [&](Vec x) { return wide<T>(f, x); });
  }
  template <class M>
  static Vec truth(M mask) {
    return mask ? S::splat(1) : Vec{};
  }

  void power(const Instruction& in) {
    const auto n = static_cast<std::uint32_t>(std::abs(in.aux));
    const bool inverse = in.aux < 0;
    one(in, [&](Vec x) {
      Vec result = S::splat(1), square = x;
      for (std::uint32_t rest = n; rest; rest >>= 1) {
        if (rest & 1) result *= square;
        square *= square;
      }
      return inverse ? 1 / result : result;
    });
  }

  void step(const Instruction& in);
  void structure(const Instruction& in);
  void sum(const Instruction& in);
  void matmul(const Instruction& in);
  // Numbers i of `x` at all points of the block, copied or added to `to`.
  void move(const Operand& x, index_t i, T* to, index_t count, bool add) const;

  const Program& p_;
  const Layout& layout_;
  const index_t b_;
  Buffer<T> memory_;
};

template <class T>
void Runner<T>::step(const Instruction& in) {
  namespace el = elementary;
  const Vec one_ = S::splat(1);
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
      return two(in, [](Vec y, Vec x) { return wide<T>(el::arctan2, y, x); });
    case Op::Hypot:
      return two(in, [](Vec x, Vec y) { return wide<T>(el::hypot, x, y); });
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
      return two(in, [](Vec x, Vec y) { return x / y; });
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
