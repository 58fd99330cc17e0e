// The first `count` numbers of a vector, alone: what lies behind them in memory is neither read nor written.
//
// Rows end where they end, and seldom at the end of a vector. To go on by halves, quarters and single numbers takes up to
// four passes over whatever is summed; AVX-512 and AVX have loads that leave lanes out (those are 0, and cannot fault), so
// that one pass takes the rest whatever its length. Stores that leave lanes out are slow on some processors with AVX (dozens
// of cycles): there the rest is stored by halves. SSE has neither.
#pragma once

#include "mmlcore/core/simd.hpp"

namespace mmlcore {

inline constexpr bool kHasParts = kVectorBytes >= 32;

template <class T, int Bytes = kVectorBytes>
class PartOfVector {
 public:
  using S = Simd<T, Bytes>;
  using Vec = typename S::Vec;

  explicit PartOfVector(index_t count) : count_(static_cast<int>(count)) {
#if defined(__AVX512F__)
    bits_ = (1u << count_) - 1;
#elif defined(__AVX__)
    typename S::Mask lanes;
    for (int i = 0; i < S::width; ++i) lanes[i] = i < count_ ? -1 : 0;
    lanes_ = reinterpret_cast<__m256i>(lanes);
#endif
  }

  [[gnu::always_inline]] Vec load(const T* p) const {
#if defined(__AVX512F__)
    if constexpr (Bytes == 64 && sizeof(T) == 8) return reinterpret_cast<Vec>(_mm512_maskz_loadu_pd(mask8(), p));
    if constexpr (Bytes == 64 && sizeof(T) == 4) return reinterpret_cast<Vec>(_mm512_maskz_loadu_ps(mask16(), p));
    if constexpr (Bytes == 32 && sizeof(T) == 8) return reinterpret_cast<Vec>(_mm256_maskz_loadu_pd(mask8(), p));
    if constexpr (Bytes == 32 && sizeof(T) == 4) return reinterpret_cast<Vec>(_mm256_maskz_loadu_ps(mask8(), p));
#elif defined(__AVX__)
    if constexpr (sizeof(T) == 8) return reinterpret_cast<Vec>(_mm256_maskload_pd(p, lanes_));
    if constexpr (sizeof(T) == 4) return reinterpret_cast<Vec>(_mm256_maskload_ps(p, lanes_));
#else
    Vec v{};
    for (int i = 0; i < count_; ++i) v[i] = p[i];
    return v;
#endif
  }

  [[gnu::always_inline]] void store(T* p, Vec v) const {
#if defined(__AVX512F__)
    if constexpr (Bytes == 64 && sizeof(T) == 8) _mm512_mask_storeu_pd(p, mask8(), reinterpret_cast<__m512d>(v));
    if constexpr (Bytes == 64 && sizeof(T) == 4) _mm512_mask_storeu_ps(p, mask16(), reinterpret_cast<__m512>(v));
    if constexpr (Bytes == 32 && sizeof(T) == 8) _mm256_mask_storeu_pd(p, mask8(), reinterpret_cast<__m256d>(v));
    if constexpr (Bytes == 32 && sizeof(T) == 4) _mm256_mask_storeu_ps(p, mask8(), reinterpret_cast<__m256>(v));
#elif defined(__AVX__)
    store_halves<16>(p, reinterpret_cast<const T*>(&v));
#else
    for (int i = 0; i < count_; ++i) p[i] = v[i];
#endif
  }

 private:
#if defined(__AVX512F__)
  __mmask8 mask8() const { return static_cast<__mmask8>(bits_); }
  __mmask16 mask16() const { return static_cast<__mmask16>(bits_); }
  unsigned bits_;
#elif defined(__AVX__)
  template <int Half>
  [[gnu::always_inline]] void store_halves(T* p, const T* from) const {
    constexpr int width = Half / int{sizeof(T)};
    const bool has = count_ & width;
    if (has) __builtin_memcpy(p, from, Half);
    if constexpr (width > 1) store_halves<Half / 2>(p + (has ? width : 0), from + (has ? width : 0));
  }
  __m256i lanes_;
#endif
  int count_;
};

}  // namespace mmlcore
