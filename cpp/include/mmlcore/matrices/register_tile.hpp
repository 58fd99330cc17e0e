// A tile of sums held in registers: the innermost loop of whatever is a product of matrices at heart.
//
// C = A B adds, for each k, column k of A times row k of B to C. With C in memory every multiply-add would load a vector of
// C and store it again. So a tile of C, R rows of N vectors, stays in registers while k runs over the whole depth:
//
//              N vectors of row k of B
//   R numbers    sum  sum  sum             a step loads N vectors, and R numbers each of which fills a vector
//   of column    sum  sum  sum             ("broadcast"), for R N multiply-adds:
//   k of A       sum  sum  sum
//                sum  sum  sum             loads per multiply-add = (R + N) / (R N).
//
// How large a tile? A processor loads two vectors a cycle and starts two multiply-adds, so (R + N) / (R N) has to stay below
// 1: the nearer to a square the tile, the fewer loads. A multiply-add takes four cycles and waits for the one before it in
// the same sum, so fewer than 2 * 4 = 8 sums leave the unit idle; a tile that has so few may run as two, on odd and on even
// steps, which are added in the end. And R N sums, N vectors and a number need a register each: 4 x 3 fills the 16 of AVX2
// (7 loads for 12 multiply-adds), 8 x 3 or 6 x 4 the 32 of AVX-512 (11 or 10 for 24). With one sum more the compiler would
// store and load sums within the loop; `fits` tells, and a tile that does not fit does not compile. The model is that of
// T. M. Low et al., "Analytical modeling is enough for high-performance BLIS", ACM TOMS 43, 2016.
//
// Two policies complete the tile. What a sum does with two vectors: namespace `update`. Where its operands lie: namespace
// `operand`, at distances that are constants when they were packed in the order in which they are read, and strides when
// they are read in place. An operand is a function: its i-th vector at step k.
#pragma once

#include <cstdint>
#include <type_traits>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "mmlcore/core/simd.hpp"

namespace mmlcore {

#if defined(__AVX512F__) || defined(__aarch64__)
inline constexpr int kRegisters = 32;
#else
inline constexpr int kRegisters = 16;
#endif

// Whether R x N sums and what a step needs beside them fit the registers. An update that holds a number of its own meanwhile
// (squared differences) needs one register more.
constexpr bool fits(int R, int N) { return R * N + N + 1 <= kRegisters; }

// The most rows of N vectors that fit.
constexpr int rows_beside(int N) { return (kRegisters - N - 1) / N; }

namespace update {

// sum + x y: products.
struct MultiplyAdd {
  template <class Vec>
  [[gnu::always_inline]] static Vec apply(Vec sum, Vec x, Vec y) {
    return sum + x * y;
  }
};

// sum + (x - y)^2: distances.
struct SquaredDifference {
  template <class Vec>
  [[gnu::always_inline]] static Vec apply(Vec sum, Vec x, Vec y) {
    const Vec difference = y - x;
    return sum + difference * difference;
  }
};

// Vectors of 32-bit words, two signed 16-bit numbers in each: sum + x_0 y_0 + x_1 y_1.
struct DotOfPairs {
  template <class Vec>
  [[gnu::always_inline]] static Vec apply(Vec sum, Vec x, Vec y) {
#if defined(__AVX512BW__)
    return sum + reinterpret_cast<Vec>(_mm512_madd_epi16(reinterpret_cast<__m512i>(x), reinterpret_cast<__m512i>(y)));
#elif defined(__AVX2__)
    return sum + reinterpret_cast<Vec>(_mm256_madd_epi16(reinterpret_cast<__m256i>(x), reinterpret_cast<__m256i>(y)));
#elif defined(__x86_64__)
    return sum + reinterpret_cast<Vec>(_mm_madd_epi16(reinterpret_cast<__m128i>(x), reinterpret_cast<__m128i>(y)));
#else
    return sum + (x >> 16) * (y >> 16) + (x << 16 >> 16) * (y << 16 >> 16);
#endif
  }
};

#ifdef __AVX512F__
// Vectors of 32-bit words, four bytes in each: sum + x_0 y_0 + ... + x_3 y_3, x signed and y not. The instruction is of
// VNNI, which x86-64-v4 does not promise: who uses it asks the processor first.
struct DotOfBytes {
  template <class Vec>
  [[gnu::always_inline]] static Vec apply(Vec sum, Vec x, Vec y) {
    asm("vpdpbusd %[x], %[y], %[sum]" : [sum] "+v"(sum) : [y] "v"(y), [x] "v"(x));
    return sum;
  }
};
#endif

}  // namespace update

namespace operand {

// A distance that the compiler knows.
template <index_t Numbers>
using Fixed = std::integral_constant<index_t, Numbers>;

// Vectors `apart` numbers from one another; those of the next step `step` numbers further.
template <class S, class T, class Step, class Apart>
struct Vectors {
  const T* at;
  Step step;
  Apart apart;
  [[gnu::always_inline]] typename S::Vec operator()(int i, index_t k) const { return S::load(at + k * step + i * apart); }
};

template <class S, class T, class Step, class Apart = Fixed<S::width>>
[[gnu::always_inline]] inline Vectors<S, T, Step, Apart> vectors(const T* at, Step step, Apart apart = {}) {
  return {at, step, apart};
}

// The same of an array of vectors, whose distances count vectors: a problem in each lane.
template <class Vec, class Step, class Apart>
struct Lanes {
  const Vec* at;
  Step step;
  Apart apart;
  [[gnu::always_inline]] Vec operator()(int i, index_t k) const { return at[k * step + i * apart]; }
};

template <class Vec, class Step, class Apart = Fixed<1>>
[[gnu::always_inline]] inline Lanes<Vec, Step, Apart> lanes(const Vec* at, Step step, Apart apart = {}) {
  return {at, step, apart};
}

// Numbers `apart` from one another, each broadcast to all lanes of a vector.
template <class S, class T, class Step, class Apart>
struct Numbers {
  using Vec = typename S::Vec;
  const T* at;
  Step step;
  Apart apart;
  [[gnu::always_inline]] Vec operator()(int i, index_t k) const { return S::splat(at[k * step + i * apart]); }
};

template <class S, class T, class Step, class Apart = Fixed<1>>
[[gnu::always_inline]] inline Numbers<S, T, Step, Apart> numbers(const T* at, Step step, Apart apart = {}) {
  return {at, step, apart};
}

// Numbers that follow one another in R rows, from the `first` on; each row anywhere.
template <class S, class T, int R>
struct NumbersOfRows {
  const T* row[R];
  index_t first = 0;
  [[gnu::always_inline]] typename S::Vec operator()(int i, index_t k) const { return S::splat(row[i][first + k]); }
};

// An operand that also fetches the number at `ahead` into the cache, a step further each time: for strides beyond those
// that the processor fetches by itself.
template <class Operand, class T>
struct Fetching : Operand {
  const T* ahead;
  [[gnu::always_inline]] typename Operand::Vec operator()(int i, index_t k) const {
    if (i == 0) __builtin_prefetch(ahead + k * this->step);
    return Operand::operator()(i, k);
  }
};

template <class Operand, class T>
[[gnu::always_inline]] inline Fetching<Operand, T> fetching(const Operand& operand, const T* ahead) {
  return {operand, ahead};
}

}  // namespace operand

// R rows of N vectors of S = Simd<T>. The sums start where the caller says: `clear` or `load`.
template <class S, int R, int N, class Update = update::MultiplyAdd>
struct RegisterTile {
  static_assert(fits(R, N));
  using Vec = typename S::Vec;
  Vec sums[R][N];

  // Calls f(row, vector) for all sums.
  template <class F>
  [[gnu::always_inline]] static void each(F&& f) {
#pragma GCC unroll 32
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
      for (int v = 0; v < N; ++v) f(r, v);
    }
  }

  [[gnu::always_inline]] void clear() {
    each([this](int r, int v) { sums[r][v] = Vec{}; });
  }

  // Step k: each sum with the vector of its row on the left and that of its column on the right.
  template <class Left, class Right>
  [[gnu::always_inline]] void step(const Left& left, const Right& right, index_t k) {
    Vec columns[N];
#pragma GCC unroll 8
    for (int v = 0; v < N; ++v) columns[v] = right(v, k);
#pragma GCC unroll 32
    for (int r = 0; r < R; ++r) {
      const Vec row = left(r, k);
#pragma GCC unroll 8
      for (int v = 0; v < N; ++v) sums[r][v] = Update::apply(sums[r][v], row, columns[v]);
    }
  }

  template <class Left, class Right>
  [[gnu::always_inline]] void run(index_t depth, const Left& left, const Right& right) {
    for (index_t k = 0; k < depth; ++k) step(left, right, k);
  }

  // The same with sums of odd steps apart, for tiles of few sums.
  template <class Left, class Right>
  [[gnu::always_inline]] void run_in_two(index_t depth, const Left& left, const Right& right) {
    RegisterTile odd;
    odd.clear();
    index_t k = 0;
    for (; k + 2 <= depth; k += 2) {
      step(left, right, k);
      odd.step(left, right, k + 1);
    }
    each([&](int r, int v) { sums[r][v] += odd.sums[r][v]; });
    if (k < depth) step(left, right, k);
  }

  // Row r of the tile lies at `c + r * apart`, N vectors without gaps.
  template <class T>
  [[gnu::always_inline]] void load(const T* c, index_t apart) {
    each([=, this](int r, int v) { sums[r][v] = S::load(c + r * apart + v * S::width); });
  }
  template <class T>
  [[gnu::always_inline]] void store(T* c, index_t apart) const {
    each([=, this](int r, int v) { S::store(c + r * apart + v * S::width, sums[r][v]); });
  }
  template <class T>
  [[gnu::always_inline]] void add_to(T* c, index_t apart) const {
    each([=, this](int r, int v) {
      T* const at = c + r * apart + v * S::width;
      S::store(at, S::load(at) + sums[r][v]);
    });
  }
  // c = beta c + alpha sums; with beta == 0 what c held is not read.
  template <class T>
  [[gnu::always_inline]] void store(T* c, index_t apart, T alpha, T beta) const {
    const Vec scale = S::splat(alpha), keep = S::splat(beta);
    if (beta == 0) {
      each([=, this](int r, int v) { S::store(c + r * apart + v * S::width, scale * sums[r][v]); });
    } else {
      each([=, this](int r, int v) {
        T* const at = c + r * apart + v * S::width;
        S::store(at, keep * S::load(at) + scale * sums[r][v]);
      });
    }
  }
};

}  // namespace mmlcore
