// The operations of a program that are not elementwise: sums, repetitions, picking, concatenation, matrix products.
#pragma once

#include <algorithm>

#include "loops.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/copy_checks.hpp"
#include "mmlcore/core/interleave.hpp"
#include "mmlcore/core/region_failed.hpp"
#include "mmlcore/matrices/matrix_vector.hpp"
#include "mmlcore/matrices/product.hpp"
#include "ordering.hpp"
#include "runner.hpp"

namespace mmlcore::calculus {

template <class T>
void Runner<T>::move(const Operand& x, index_t i, T* to, index_t count, bool add) const {
  const T* from = source(x) + i * (x.constant ? 1 : b_);
  if (x.constant && b_ > 1) {
    for (index_t e = 0; e < count; ++e) {
      for (index_t l = 0; l < b_; ++l) to[e * b_ + l] = from[e] + (add ? to[e * b_ + l] : T{0});
    }
  } else if (add) {
    for (index_t l = 0; l < count * b_; ++l) to[l] += from[l];
  } else if (b_ == 1) {
    std::copy(from, from + count, to);
  } else {  // few vectors, mostly
    for (index_t l = 0; l < count * b_; l += W) S::store(to + l, S::load(from + l));
  }
}

template <class T>
void Runner<T>::sum(const Instruction& in) {
  const index_t outer = in.dims[0], repeats = in.dims[1], inner = in.dims[2];
  const Operand& x = in.operands[0];
  T* out = slot(in.place);
  if (b_ == 1 && inner == 1) {  // along the array, in vectors
    const T* from = source(x);
    for (index_t o = 0; o < outer; ++o, from += repeats) {
      Vec s0{}, s1{}, s2{}, s3{};
      index_t r = 0;
      for (; r + 4 * W <= repeats; r += 4 * W) {
        s0 += S::load(from + r);
        s1 += S::load(from + r + W);
        s2 += S::load(from + r + 2 * W);
        s3 += S::load(from + r + 3 * W);
      }
      for (; r + W <= repeats; r += W) s0 += S::load(from + r);
      T total = r ? S::sum((s0 + s1) + (s2 + s3)) : T{0};
      for (; r < repeats; ++r) total += from[r];
      out[o] = total;
    }
    return;
  }
  for (index_t o = 0; o < outer; ++o) {
    T* to = out + o * inner * b_;
    if (repeats == 0) std::fill(to, to + inner * b_, T{0});
    for (index_t r = 0; r < repeats; ++r) move(x, (o * repeats + r) * inner, to, inner, r > 0);
  }
}

template <class T>
void Runner<T>::matmul(const Instruction& in) {
  const index_t m = in.dims[0], k = in.dims[1], n = in.dims[2];
  const Operand &x = in.operands[0], &y = in.operands[1];
  if (b_ == 1) return single_products(in);
  const index_t ra = in.aux & 1 ? 1 : k, ca = in.aux & 1 ? m : 1, rb = in.aux & 2 ? 1 : n, cb = in.aux & 2 ? k : 1;
  const index_t lanes = b_;
  T* out = slot(in.place);
  for (index_t q = 0; m * n > 0 && q < in.size / (m * n); ++q) {
    const T* a = source(x) + (k ? q * m * k % x.size : 0) * (x.constant ? 1 : lanes);
    const T* b = source(y) + (k ? q * k * n % y.size : 0) * (y.constant ? 1 : lanes);
    T* const c = out + q * m * n * lanes;
    // Several results at a time, of a column or of a row: each number of the other operand that is loaded serves their sums,
    // which overlap.
    const auto from = [lanes](const Operand& of, const T* data, index_t i) { return data + i * (of.constant ? 1 : lanes); };
    if (m >= n) {
      for (index_t j = 0; j < n; ++j)
        products(m, n, k, c + j * lanes, {x.constant, a, ra, ca}, {y.constant, from(y, b, j * cb), 0, rb});
    } else {
      for (index_t i = 0; i < m; ++i)
        products(n, 1, k, c + i * n * lanes, {y.constant, b, cb, rb}, {x.constant, from(x, a, i * ra), 0, ca});
    }
  }
}

// Results 0 ... count - 1, `step` numbers apart, in blocks of points: sums over k of a number of `vary`, which is another
// one for each result, times one of `fix`.
template <class T>
void Runner<T>::products(index_t count, index_t step, index_t k, T* c, const Factor& vary, const Factor& fix) {
  const auto by_kind = [&](auto vary_constant, auto fix_constant) {
    const T *data = vary.data, *const fixed = fix.data;
    const index_t lanes = b_, apart = vary.step * (vary_constant ? 1 : lanes),
                  along = vary.along * (vary_constant ? 1 : lanes), fix_along = fix.along * (fix_constant ? 1 : lanes);
    // R results of P vectors of points: P loads and R broadcasts for R P products.
    const auto tile = [&](auto rows, auto vectors, index_t p) {
      constexpr int R = rows, P = vectors;
      Vec total[R][P] = {};
      const T *u = vary_constant ? data : data + p, *v = fix_constant ? fixed : fixed + p;
      for (index_t l = 0; l < k; ++l, u += along, v += fix_along) {
        Vec same[P];
#pragma GCC unroll 8
        for (int q = 0; q < P; ++q) same[q] = fix_constant ? S::splat(*v) : S::load(v + q * W);
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) {
          const T* own = u + r * apart;
#pragma GCC unroll 8
          for (int q = 0; q < P; ++q)
            total[r][q] = S::fma(vary_constant ? S::splat(*own) : S::load(own + q * W), same[q], total[r][q]);
        }
      }
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
        for (int q = 0; q < P; ++q) S::store(c + r * step * lanes + p + q * W, total[r][q]);
      }
    };
    const auto some = [&](auto number) {
      constexpr int R = number, P = std::min(4, kVectorBytes / 4 / R);  // as many sums as half of the registers hold
      for (; count >= R; count -= R, c += R * step * lanes, data += R * apart) {
        index_t p = 0;
        for (; p + P * W <= lanes; p += P * W) tile(number, std::integral_constant<int, P>{}, p);
        if constexpr (P > 1) {
          for (; p < lanes; p += W) tile(number, std::integral_constant<int, 1>{}, p);
        }
      }
    };
    if constexpr (kVectorBytes == 64) some(std::integral_constant<int, 8>{});
    some(std::integral_constant<int, 4>{});
    some(std::integral_constant<int, 2>{});
    some(std::integral_constant<int, 1>{});
  };
  using Yes = std::true_type;
  using No = std::false_type;
  vary.constant ? by_kind(Yes{}, No{}) : fix.constant ? by_kind(No{}, Yes{}) : by_kind(No{}, No{});
}

// The products at one point, by the kernels of `matrices`. A matrix that all items of a stack share multiplies their
// vectors, or rows, as one matrix.
//
// Rows of data that come from memory go one after the other: eight at a time, as `matrix_vector` takes them, are eight
// streams for the processor to foresee, and take 1.4 times as long there (60,000 x 200) and 1.1 times from the third-level
// cache.
template <class T>
void Runner<T>::single_products(const Instruction& in) {
  const index_t m = in.dims[0], k = in.dims[1], n = in.dims[2], one = m * n;
  const Operand &x = in.operands[0], &y = in.operands[1];
  const bool ta = in.aux & 1, tb = in.aux & 2;
  const T *a = source(x), *b = source(y);
  T* out = slot(in.place);
  if (one == 0) return;
  const index_t stack = in.size / one, in_a = k ? x.size / (m * k) : 1, in_b = k ? y.size / (k * n) : 1;
  if (k == 0) return std::fill(out, out + in.size, T{0});
  const auto matrix = [](const T* data, index_t rows, index_t columns, bool transposed) -> MatrixView<const T> {
    return transposed ? MatrixView<const T>{data, rows, columns, 1, rows}
                      : MatrixView<const T>{data, rows, columns, columns, 1};
  };
  if (stack > 1 && in_a == 1 && in_b == stack && n == 1)
    return single_product(matrix(b, stack, k, false), matrix(a, m, k, ta).transposed(), c_order(out, stack, m));
  if (stack > 1 && in_b == 1 && in_a == stack && (m == 1 || !ta))
    return single_product(matrix(a, stack * m, k, false), matrix(b, k, n, tb), c_order(out, stack * m, n));
  for (index_t q = 0; q < stack; ++q) {
    single_product(matrix(a + q % in_a * m * k, m, k, ta), matrix(b + q % in_b * k * n, k, n, tb),
                   c_order(out + q * one, m, n), p_.kind_ == Program::Kind::kRows && x.far >= 0);
  }
}

template <class T>
void Runner<T>::single_product(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, bool streams) {
  if (c.rows == 1 && c.cols == 1 && a.col_stride == 1 && b.row_stride == 1) {
    c(0, 0) = dot(a.data, b.data, a.cols);
  } else if (streams && c.cols == 1 && a.cols >= 64 && a.col_stride == 1 && b.row_stride == 1) {
    for (index_t i = 0; i < c.rows; ++i) c(i, 0) = dot(a.data + i * a.row_stride, b.data, a.cols);
  } else if (!product_of_vector<T>(a, b, c)) {
    product<T>(a, b, c);
  }
}

template <class T>
void Runner<T>::tile(const Instruction& in) {
  const index_t outer = in.dims[0], middle = in.dims[1], inner = in.dims[2];
  T* out = slot(in.place);
  for (index_t o = 0; o < outer; ++o) {
    for (index_t r = 0; r < middle; ++r) {
      if (inner == 1 && b_ == 1) {
        out[o * middle + r] = source(in.operands[0])[o];
      } else {
        move(in.operands[0], o * inner, out + (o * middle + r) * inner * b_, inner, false);
      }
    }
  }
}

// Sequences that are woven into one another, which may begin in any order, or a matrix that is turned.
template <class T>
void Runner<T>::gather_groups(const Instruction& in, const T* from, index_t lines, T* to) const {
  const index_t group = in.group, within = in.within, between = in.between;
  if (within >= 0 && between >= 0)
    return copy<T>(MatrixView<const T>{from, lines, group, between, within}, c_order(to, lines, group));
  index_t done = 0;
  if (mmlcore::detail::NoCheck check; between == 1 && group < W)
    done = mmlcore::detail::interleave<T>(MatrixView<const T>{from, group, lines, within, 1},
                                          MatrixView<T>{to, group, lines, 1, group}, check);
  for (index_t l = done; l < lines; ++l) {
    for (index_t i = 0; i < group; ++i) to[l * group + i] = from[l * between + i * within];
  }
}

template <class T>
void Runner<T>::gather_or_scatter(const Instruction& in) {
  T* out = slot(in.place);
  const index_t outer = in.dims[0], middle = in.dims[1];
  const bool gather = in.op == Op::Gather;
  const std::vector<std::int32_t>& index = p_.lists_[in.list];
  const index_t count = static_cast<index_t>(index.size());
  if (!gather) std::fill(out, out + in.size * b_, T{0});
  for (index_t o = 0; o < outer; ++o) {
    const index_t few = o * count, many = o * middle;
    if (in.step == 1) {
      gather ? move(in.operands[0], many + in.first, out + few * b_, count, false)
             : move(in.operands[0], few, out + (many + in.first) * b_, count, true);
    } else if (b_ == 1 && in.group > 0) {
      gather_groups(in, source(in.operands[0]) + many + in.first, count / in.group, out + few);
    } else if (b_ == 1) {
      const T* const from = source(in.operands[0]) + (gather ? many : few);
      T* const to = out + (gather ? few : many);
      const std::int32_t* const at = index.data();
      for (index_t i = 0; gather && i < count; ++i) to[i] = from[at[i]];
      for (index_t i = 0; !gather && i < count; ++i) to[at[i]] += from[i];
    } else {
      for (index_t i = 0; i < count; ++i) {
        gather ? move(in.operands[0], many + index[i], out + (few + i) * b_, 1, false)
               : move(in.operands[0], few + i, out + (many + index[i]) * b_, 1, true);
      }
    }
  }
}

template <class T>
void Runner<T>::structure(const Instruction& in) {
  for_structure(in.op, Rules{
                           [&](Is<Op::Sum>) { sum(in); },
                           [&](Is<Op::Tile>) { tile(in); },
                           [&](Is<Op::Gather>) { gather_or_scatter(in); },
                           [&](Is<Op::Scatter>) { gather_or_scatter(in); },
                           [&](Is<Op::Concat>) {
                             for (const Part& part : layout_.parts[in.list])
                               move(part.from, 0, slot(part.place), part.from.size, false);
                           },
                           [&](Is<Op::MatMul>) { matmul(in); },
                           [&](Is<Op::Recurrence>) { recurrence(in); },
                           [&](Is<Op::Loop>) { loop(in); },
                           [&](Is<Op::Order>) { ordering(in); },
                           [&](Is<Op::Pick>) { ordering(in); },
                           [&](Is<Op::Place>) { ordering(in); },
                           [&](Is<Op::Search>) { ordering(in); },
                       });
}

// See loops.hpp. The body runs on the same points, in slots of its own; between its runs the state lies here.
template <class T>
void Runner<T>::loop(const Instruction& in) {
  const LoopBody& body = *p_.loops_[in.list];
  const std::shared_ptr<const Program> program = body.program();
  Runner<T> inner(*program, b_);
  const index_t count = in.dims[0], width = body.size(body.state), row = body.size(body.rows);
  const bool all = in.dims[2] != 0;
  Buffer<T> now(width * b_), after(width * b_), given((body.size(body.parameters) + row) * b_);
  T* const parameters = given.data() + row * b_;
  move(in.operands[0], 0, now.data(), width, false);
  move(in.operands[1], 0, parameters, body.size(body.parameters), false);
  T* out = slot(in.place);
  const auto feed = [&](std::size_t& number, const std::vector<Id>& ids, const T* from) {
    for (const Id id : ids) {
      const Operand& to = inner.layout_.inputs[number];
      const index_t size = body.graph.size(id) * b_;
      if (to.far >= 0) {
        inner.far_[to.far] = from;
      } else if (to.size > 0) {
        std::copy_n(from, size, inner.slot(to.place));
      }
      from += size, ++number;
    }
  };
  for (index_t i = 0; i < count; ++i) {
    if (i % 64 == 15 && stop_requested()) return;  // 25 ns; long loops are loops of loops of some steps
    if (all) out = std::copy_n(now.data(), width * b_, out);
    move(in.operands[2], i * row, given.data(), row, false);
    std::size_t number = 0;
    feed(number, body.state, now.data());
    feed(number, body.parameters, parameters);
    feed(number, body.rows, given.data());
    absorbing_ ? inner.run_absorbing() : inner.run();
    T* to = after.data();
    for (const Operand& part : inner.layout_.outputs) {
      inner.move(part, 0, to, part.size, false);
      to += part.size * b_;
    }
    std::swap(now, after);
  }
  std::copy_n(now.data(), width * b_, out);
}

// The operand as it lies in the slots, [number][point].
template <class T>
StackOperand<T> Runner<T>::lying(const Operand& x) const {
  return {x.size ? source(x) : nullptr, x.size, x.constant};
}

template <class T>
void Runner<T>::ordering(const Instruction& in) {
  run_ordering<T>(in.op, in.aux, in.dims, b_, lying(in.operands[0]), lying(in.operands[1]), {slot(in.place), in.size});
}

// Points of a block are brought one after the other, as a stack, for the kernels of the other chapters, and back.
template <class T>
void Runner<T>::matrices(const Instruction& in) {
  const MatrixStep step{in.op, in.aux, in.dims[0], in.dims[1], in.dims[2]};
  const Operand &x = in.operands[0], &y = in.operands[1];
  if (b_ == 1) return run_matrices<T>(step, 1, lying(x), lying(y), {slot(in.place), in.size});
  Buffer<T> a(x.constant ? 0 : x.size * b_), b(y.constant ? 0 : y.size * b_), out(in.size * b_);
  const auto by_point = [&](const Operand& from, T* to) -> StackOperand<T> {
    if (from.constant || from.size == 0) return lying(from);
    copy<T>(MatrixView<const T>{source(from), b_, from.size, 1, b_}, c_order(to, b_, from.size));
    return {to, from.size, false};
  };
  run_matrices<T>(step, b_, by_point(x, a.data()), by_point(y, b.data()), {out.data(), in.size});
  copy<T>(c_order<const T>(out.data(), b_, in.size), MatrixView<T>{slot(in.place), b_, in.size, 1, b_});
}

}  // namespace mmlcore::calculus
