// The loops of a program: one function for each operation, over blocks of points. Compiled once for each type.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>

#include "matrix_steps.hpp"
#include "mmlcore/calculus/program.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/wide.hpp"

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
    for (index_t i = 0; i < program.large_.count(); ++i) far_.push_back(program.large_.template at<T>(i));
    for (const Operand& x : layout_.inputs) far_.resize(std::max(far_.size(), static_cast<std::size_t>(x.far + 1)));
    if (block == 1) {
      ends_at_ = last_output();
      return;
    }
    for (const Operand& x : layout_.inputs) {
      if (x.far >= 0) far_[x.far] = slot(x.place);
    }
    if (layout_.outputs.size() != 1 || layout_.code.empty() || !is_elementwise(layout_.code.back().op)) return;
    const Operand& out = layout_.outputs[0];
    ends_direct_ = out.size == 1 && !out.constant && out.far < 0 && out.place == layout_.code.back().place;
  }

  // One block whose points are in place: see `BlockEvaluator`.
  void run() {
    for (const Instruction& in : layout_.code) step(in);
  }
  // One point, of which the last operation writes result i to `out`, in whole vectors: where `ends_at` is i.
  void run_to(T* out) { there_ = out, run(), there_ = nullptr; }
  int ends_at() const { return ends_at_; }
  // The same with zeros that absorb what is infinite or no number beside them.
  void run_absorbing() { absorbing_ = true, run(), absorbing_ = false; }
  T* input(index_t i) const { return layout_.inputs[i].size ? slot(layout_.inputs[i].place) : nullptr; }
  const T* output(index_t i) const { return layout_.outputs[i].constant ? nullptr : source(layout_.outputs[i]); }
  const T* constant_output(index_t i) const { return source(layout_.outputs[i]); }

  // Input i of a single point: `pieces` parts of it, `step` numbers apart.
  void bind(std::size_t i, const T* data, index_t pieces, index_t step) {
    const Operand& to = layout_.inputs[i];
    if (to.far >= 0) {
      far_[to.far] = data;
      return;
    }
    const index_t piece = to.size / pieces;
    for (index_t k = 0; k < pieces; ++k) std::copy_n(data + k * step, piece, slot(to.place) + k * piece);
  }
  static bool holds_nan(const T* x, index_t n) {
    typename S::Mask nan{};
    index_t i = 0;
    for (; i + W <= n; i += W) {
      const Vec v = S::load(x + i);
      nan |= v != v;
    }
    bool result = S::any(nan);
    for (; i < n; ++i) result |= x[i] != x[i];
    return result;
  }

  // Points first ... first + count - 1, count <= B.
  void block(index_t first, index_t count, const Points<const T>* arguments, const Points<T>* results) {
    bool rows = true;  // whether all is read where it is: in order, which the processor sees itself
    for (std::size_t i = 0; i < layout_.inputs.size(); ++i) {
      const Operand& to = layout_.inputs[i];
      if (to.far >= 0 && (b_ == 1 || (count == b_ && arguments[i].stride == 1))) {
        far_[to.far] = arguments[i].data + first * arguments[i].stride;
        continue;
      }
      rows = false;
      load(to, arguments[i], first, count);
      if (to.far >= 0) far_[to.far] = slot(to.place);
    }
    there_ = ends_direct_ && count == b_ && results[0].stride == 1 ? results[0].data + first : nullptr;
    if (b_ == 1 || count < b_ || (rows && there_)) {
      run();
    } else {
      Ahead reads = ahead(layout_.inputs, arguments, first + b_), writes = ahead(layout_.outputs, results, first + b_);
      for (const Instruction& in : layout_.code) {
        reads.template next<0>();
        writes.template next<1>();
        step(in);
      }
    }
    bool again = false;
    if (there_) {
      again = layout_.absorbs && holds_nan(there_, b_);
    } else {
      for (std::size_t i = 0; i < layout_.outputs.size(); ++i) again |= store(layout_.outputs[i], results[i], first, count);
    }
    if (!again || absorbing_) return;
    // Arguments are read anew: their places are used again once nobody reads them any more.
    absorbing_ = true, block(first, count, arguments, results), absorbing_ = false;
  }

 private:
  // The lines that the next block reads or writes, asked for a few with each instruction: so memory works while we compute.
  struct Ahead {
    const char* at;
    index_t bytes, left;
    template <int write>
    void next() {
      for (const char* end = at + std::min(bytes, left); at < end; at += 64) __builtin_prefetch(at, write, 2);
      left -= bytes;
    }
  };
  template <class P>
  Ahead ahead(const std::vector<Operand>& operands, const P* points, index_t from) const {
    if (operands.size() != 1 || operands[0].size == 0 || points[0].step != 1) return {nullptr, 0, 0};
    const index_t bytes = b_ * points[0].stride * index_t{sizeof(T)};
    // A function that is constant, or returns what it gets, has no instruction at all.
    const index_t steps = std::max<index_t>(1, static_cast<index_t>(layout_.code.size()));
    const index_t lines = (bytes / steps + 64) / 64 * 64;
    return {reinterpret_cast<const char*>(points[0].data + from * points[0].stride), lines, bytes};
  }

  T* slot(std::int32_t place) const { return memory_.data() + place * b_; }
  // Where an elementwise operation puts its numbers: the last of a function of numbers where the caller wants them.
  T* target(const Instruction& in) const { return there_ && &in == &layout_.code.back() ? there_ : slot(in.place); }
  const T* source(const Operand& x) const {
    if (x.far >= 0) return far_[x.far] + x.place;
    return x.constant ? p_.pool<T>().data() + x.place : slot(x.place);
  }

  int last_output() const;
  void load(const Operand& to, const Points<const T>& from, index_t first, index_t count);
  // Returns whether the block is to run again: there is a NaN, and an instruction that might have made it of a zero.
  bool store(const Operand& from, const Points<T>& to, index_t first, index_t count);

  static constexpr index_t kPiece = 2048;

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

  // How operands are read in an inner loop: as vectors one after the other, or as one: the numbers of a block that is no
  // longer than a vector, or one number again and again.
  struct Lane {
    const T* data;
    bool vector, points;
    Vec splat() const { return points ? S::load(data) : S::splat(*data); }
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
      const bool numbers = x.constant && b_ > 1, points = x.size == 1 && !numbers && b_ == W;
      const bool one = points || (x.size == 1 && (x.constant || b_ == 1));
      base[k] = source(x);
      lanes[k] = {base[k], !numbers && !one, points};
      step[k] = one ? 0 : numbers ? 1 : b_;
      if (!one) run = numbers ? 1 : std::min<index_t>(run, x.size);
    }
    T* out = target(in);
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
    const Operand &x = in.operands[0], &y = in.operands[1];
    if (column(in, y, x)) return by_element(in, x, y, f);
    if (column(in, x, y)) return by_element(in, y, x, [&](Vec a, Vec b) { return f(b, a); });
    spread<2>(in, [&](T* out, index_t n, Lane* l) { loop2(out, n, l[0], l[1], f); });
  }
  // Whether `numbers` has one constant for each element of the result, and `other` points.
  bool column(const Instruction& in, const Operand& numbers, const Operand& other) const {
    return b_ > 1 && numbers.constant && numbers.size == in.size && !other.constant;
  }
  template <class F>
  void by_element(const Instruction& in, const Operand& x, const Operand& numbers, F&& f) {
    const T *from = source(x), *start = from, *end = from + x.size * b_, *number = source(numbers);
    T* out = target(in);
    for (index_t e = 0; e < in.size; ++e) {
      const Vec y = S::splat(number[e]);
      for (index_t i = 0; i < b_; i += W, from += W, out += W) S::store(out, f(S::load(from), y));
      if (from == end) from = start;
    }
  }
  template <class F>
  void three(const Instruction& in, F&& f) {
    spread<3>(in, [&](T* out, index_t n, Lane* x) { loop3(out, n, x[0], x[1], x[2], f); });
  }

  template <class F>
  void smooth(const Instruction& in, F&& f) {
    one(in, f);
  }
  template <class M>
  static Vec truth(M mask) {
    return mask ? S::splat(1) : Vec{};
  }

  void power(const Instruction& in);
  template <class F>
  void each(const Instruction& in, F&& f) {  // number by number, as the C library goes
    two(in, [&](Vec x, Vec y) {
      for (int i = 0; i < W; ++i) x[i] = f(x[i], y[i]);
      return x;
    });
  }

  void divide(const Instruction& in);
  void sine_and_cosine(const Instruction& in);
  void step(const Instruction& in);
  void structure(const Instruction& in);
  void sum(const Instruction& in);
  void tile(const Instruction& in);
  void gather_or_scatter(const Instruction& in);
  void gather_groups(const Instruction& in, const T* from, index_t lines, T* to) const;
  void matmul(const Instruction& in);
  struct Factor {  // of products: numbers, and how far apart those of the next result and of the next term are
    bool constant;
    const T* data;
    index_t step, along;
  };
  void products(index_t count, index_t step, index_t k, T* c, const Factor& vary, const Factor& fix);
  void single_products(const Instruction& in);
  void single_product(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, bool streams = false);
  void recurrence(const Instruction& in);
  StackOperand<T> lying(const Operand& x) const;
  void ordering(const Instruction& in);
  void loop(const Instruction& in);
  void matrices(const Instruction& in);
  void absorb(const Instruction& in);
  void absorb_matmul(const Instruction& in);
  // Numbers i of `x` at all points of the block, copied or added to `to`.
  void move(const Operand& x, index_t i, T* to, index_t count, bool add) const;

  const Program& p_;
  const Layout& layout_;
  const index_t b_;
  bool absorbing_ = false;
  bool ends_direct_ = false;  // whether the last operation can write the results of a block where they go
  int ends_at_ = -1;          // of a single point: the result that the last operation makes
  T* there_ = nullptr;        // where that is, for this block
  Buffer<T> memory_;
  std::vector<const T*> far_;
};

}  // namespace mmlcore::calculus
