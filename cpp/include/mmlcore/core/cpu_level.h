/* The highest x86-64 level (2, 3 or 4; 0 for none) that this processor and its system support, as the psABI defines
 * the levels. Shared by the build (which level is the host's) and the loader's module, so that both decide alike.
 *
 * Asked from the processor itself (CPUID; Intel's Software Developer's Manual, volume 2A): the compilers' own
 * __builtin_cpu_supports needs a run-time library that clang-cl does not link. */
#ifndef MMLCORE_CORE_CPU_LEVEL_H
#define MMLCORE_CORE_CPU_LEVEL_H

#if defined(__x86_64__)
#include <cpuid.h>
#endif

static int mmlcore_cpu_level(void) {
#if defined(__x86_64__)
  /* Leaf 1, register c: SSSE3, SSE4.1, SSE4.2, POPCNT; FMA, OSXSAVE, AVX. Leaf 7, register b: BMI1, AVX2, BMI2;
   * AVX-512 F, DQ, CD, BW, VL. XCR0: the system keeps xmm and ymm; opmask and zmm. */
  const unsigned v2 = 1u << 9 | 1u << 19 | 1u << 20 | 1u << 23, v3 = 1u << 12 | 1u << 27 | 1u << 28;
  const unsigned v3_more = 1u << 3 | 1u << 5 | 1u << 8, v4 = 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31;
  const unsigned kept_v3 = 0x6, kept_v4 = 0xe6;
  unsigned a, b, c, d, kept;
  if (!__get_cpuid(1, &a, &b, &c, &d) || (c & v2) != v2) return 0;
  if ((c & v3) != v3 || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 2;
  __asm__ volatile("xgetbv" : "=a"(kept), "=d"(d) : "c"(0));
  if ((b & v3_more) != v3_more || (kept & kept_v3) != kept_v3) return 2;
  if ((b & v4) != v4 || (kept & kept_v4) != kept_v4) return 3;
  return 4;
#else
  return 0;
#endif
}

#endif
