// MMLCORE_ASSERT(condition): what must hold whatever the caller passed: bounds, strides, the preconditions that headers
// state. It is checked in builds with MMLCORE_ASSERTIONS (CMake's option of that name, and every sanitizer's build), where a
// failure ends the process with the place; elsewhere it costs nothing, not even the evaluation. What a user may get wrong is
// no matter of assertions: it is an exception (core/errors.hpp).
#pragma once

#if defined(MMLCORE_ASSERTIONS)

#include <cstdio>
#include <cstdlib>

namespace mmlcore::detail {

[[noreturn]] inline void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
  std::abort();
}

}  // namespace mmlcore::detail

#define MMLCORE_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::mmlcore::detail::assertion_failed(#condition, __FILE__, __LINE__))

#else

#define MMLCORE_ASSERT(condition) static_cast<void>(0)

#endif
