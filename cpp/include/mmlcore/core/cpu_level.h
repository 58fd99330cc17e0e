/* The highest x86-64 level (2, 3 or 4; 0 for none) that this processor and its system support, as the psABI defines
 * the levels. Shared by the build (which level is the host's) and the loader's module, so that both decide alike. */
#ifndef MMLCORE_CORE_CPU_LEVEL_H
#define MMLCORE_CORE_CPU_LEVEL_H

static int mmlcore_cpu_level(void) {
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
  __builtin_cpu_init();
  if (!(__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("popcnt"))) {
    return 0;
  }
  if (!(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
        __builtin_cpu_supports("bmi2"))) {
    return 2;
  }
  if (!(__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))) {
    return 3;
  }
  return 4;
#else
  return 0;
#endif
}

#endif
