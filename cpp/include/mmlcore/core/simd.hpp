// SIMD vectors of the instruction level this module is compiled for, through the compilers' vector extension: arithmetic,
// comparison and `mask ? a : b` work on them as on numbers. One type per element type, as wide as the level's registers.
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>
#include <utility>

#ifdef __SSE4_1__
#include <immintrin.h>
#endif

#include "mmlcore/core/views.hpp"

namespace mmlcore {

#if defined(__AVX512F__)
inline constexpr int kVectorBytes = 64;
#elif defined(__AVX__)
inline constexpr int kVectorBytes = 32;
#else
inline constexpr int kVectorBytes = 16;
#endif

// The vector type is named through a struct, because an attribute on a template argument is dropped.
template <class T, int Bytes = kVectorBytes>
struct Simd {
  static constexpr int width = Bytes / int{sizeof(T)};
  using Int = std::conditional_t<sizeof(T) == 8, std::int64_t, std::int32_t>;
  typedef T Vec __attribute__((vector_size(Bytes)));
  typedef T Loose __attribute__((vector_size(Bytes), aligned(alignof(T)), may_alias));  // at any address of a T
  typedef Int Mask __attribute__((vector_size(Bytes)));

  [[gnu::always_inline]] static Vec load(const T* p) { return *reinterpret_cast<const Loose*>(p); }
  [[gnu::always_inline]] static void store(T* p, Vec v) { *reinterpret_cast<Loose*>(p) = v; }
  [[gnu::always_inline]] static Vec splat(T x) { return x - Vec{}; }
  [[gnu::always_inline]] static Vec abs(Vec v) {
    constexpr Int magnitude = sizeof(T) == 8 ? Int(INT64_MAX) : Int(INT32_MAX);  // all bits but the sign
    return reinterpret_cast<Vec>(reinterpret_cast<Mask>(v) & magnitude);
  }
  [[gnu::always_inline]] static Vec sqrt(Vec v) {
    for (int i = 0; i < width; ++i) v[i] = std::sqrt(v[i]);  // compilers make it one instruction
    return v;
  }
  // x y + z, rounded once where the processor can. By the instruction's name: where much is live, compilers leave a loop
  // over the lanes as it is (sine and cosine of 540,000 float32 numbers together took 420 us with it, 200 so).
  [[gnu::always_inline]] static Vec fma(Vec x, Vec y, Vec z) {
#if defined(__FMA__) && defined(__AVX512F__)
    if constexpr (Bytes == 64 && sizeof(T) == 8) return (Vec)_mm512_fmadd_pd((__m512d)x, (__m512d)y, (__m512d)z);
    if constexpr (Bytes == 64 && sizeof(T) == 4) return (Vec)_mm512_fmadd_ps((__m512)x, (__m512)y, (__m512)z);
#endif
#ifdef __FMA__
    if constexpr (Bytes == 32 && sizeof(T) == 8) return (Vec)_mm256_fmadd_pd((__m256d)x, (__m256d)y, (__m256d)z);
    if constexpr (Bytes == 32 && sizeof(T) == 4) return (Vec)_mm256_fmadd_ps((__m256)x, (__m256)y, (__m256)z);
    for (int i = 0; i < width; ++i) z[i] = std::fma(x[i], y[i], z[i]);
    return z;
#else
    return x * y + z;
#endif
  }
  static T sum(Vec v) {  // in the order of the lanes
    T total = 0;
    for (int i = 0; i < width; ++i) total += v[i];
    return total;
  }
  // One test of all lanes; compilers would take them out one by one.
  [[gnu::always_inline]] static bool any(Mask m) {
#ifdef __AVX512F__
    if constexpr (Bytes == 64) return _mm512_test_epi64_mask(reinterpret_cast<__m512i>(m), reinterpret_cast<__m512i>(m));
#endif
#ifdef __AVX__
    if constexpr (Bytes == 32) return !_mm256_testz_si256(reinterpret_cast<__m256i>(m), reinterpret_cast<__m256i>(m));
#endif
#ifdef __SSE4_1__
    if constexpr (Bytes == 16) return !_mm_testz_si128(reinterpret_cast<__m128i>(m), reinterpret_cast<__m128i>(m));
#endif
    Int bits = 0;
    for (int i = 0; i < width; ++i) bits |= m[i];
    return bits != 0;
  }
  // One bit for each lane of a comparison, the first lane lowest.
  [[gnu::always_inline]] static unsigned bits(Mask m) {
#if defined(__AVX512F__) && defined(__AVX512DQ__)
    if constexpr (Bytes == 64 && sizeof(T) == 8) return _mm512_movepi64_mask(reinterpret_cast<__m512i>(m));
    if constexpr (Bytes == 64 && sizeof(T) == 4) return _mm512_movepi32_mask(reinterpret_cast<__m512i>(m));
#endif
#ifdef __AVX__
    if constexpr (Bytes == 32 && sizeof(T) == 8) return _mm256_movemask_pd(reinterpret_cast<__m256d>(m));
    if constexpr (Bytes == 32 && sizeof(T) == 4) return _mm256_movemask_ps(reinterpret_cast<__m256>(m));
#endif
#ifdef __SSE4_1__
    if constexpr (Bytes == 16 && sizeof(T) == 8) return _mm_movemask_pd(reinterpret_cast<__m128d>(m));
    if constexpr (Bytes == 16 && sizeof(T) == 4) return _mm_movemask_ps(reinterpret_cast<__m128>(m));
#endif
    unsigned all = 0;
    for (int i = 0; i < width; ++i) all |= (m[i] ? 1u : 0u) << i;
    return all;
  }
};

namespace detail {

// One step of the butterfly that transposes a square of vectors: `a` and `b` exchange their off-diagonal blocks of `Step`.
template <int Step, class Vec, class Mask, int... E>
inline void exchange_blocks(Vec& a, Vec& b, std::integer_sequence<int, E...>) {
  constexpr int W = sizeof...(E);
#if defined(__clang__) || __GNUC__ >= 12
  const Vec low = __builtin_shufflevector(a, b, ((E & Step) == 0 ? E : W + E - Step)...);
  const Vec high = __builtin_shufflevector(a, b, ((E & Step) == 0 ? E + Step : W + E)...);
#else
  const Vec low = __builtin_shuffle(a, b, Mask{((E & Step) == 0 ? E : W + E - Step)...});
  const Vec high = __builtin_shuffle(a, b, Mask{((E & Step) == 0 ? E + Step : W + E)...});
#endif
  a = low;
  b = high;
}

template <int Step, class T>
inline void transpose_steps(typename Simd<T>::Vec* v) {
  if constexpr (Step < Simd<T>::width) {
#pragma GCC unroll 16
    for (int i = 0; i < Simd<T>::width; ++i) {
      if ((i & Step) == 0) {
        exchange_blocks<Step, typename Simd<T>::Vec, typename Simd<T>::Mask>(
            v[i], v[i + Step], std::make_integer_sequence<int, Simd<T>::width>{});
      }
    }
    transpose_steps<2 * Step, T>(v);
  }
}

}  // namespace detail

// Transposes width x width elements held in as many vectors: log2(width) steps in registers, no gather.
template <class T>
inline __attribute__((always_inline)) void transpose(typename Simd<T>::Vec* v) {
  detail::transpose_steps<1, T>(v);
}

}  // namespace mmlcore
