// How a thread rounds, and whether it flushes subnormal numbers to zero: the control part of its floating-point environment.
// A thread of the pool works with the mode of the thread whose kernel it serves; else a caller's mode, or one that was set
// when the pool began, would show in some parts of a result and not in others.
#pragma once

#include <cstdint>
#if !defined(__x86_64__) && !defined(__aarch64__)
#include <cfenv>
#endif

namespace mmlcore {

#if defined(__x86_64__)

class FloatMode {
 public:
  static FloatMode current() { return FloatMode(__builtin_ia32_stmxcsr() & kControl); }
  // Costs two instructions where it is in force already; the flags of exceptions stay.
  void use() const {
    const unsigned now = __builtin_ia32_stmxcsr();
    if ((now & kControl) != mode_) __builtin_ia32_ldmxcsr((now & ~kControl) | mode_);
  }

 private:
  static constexpr unsigned kControl = 0xFFC0;  // subnormals, masks of exceptions, rounding
  explicit FloatMode(unsigned mode) : mode_(mode) {}
  unsigned mode_;
};

#elif defined(__aarch64__)

class FloatMode {
 public:
  static FloatMode current() {
    std::uint64_t mode;
    asm volatile("mrs %0, fpcr" : "=r"(mode));
    return FloatMode(mode);
  }
  void use() const {
    if (current().mode_ != mode_) asm volatile("msr fpcr, %0" : : "r"(mode_));
  }

 private:
  explicit FloatMode(std::uint64_t mode) : mode_(mode) {}
  std::uint64_t mode_;
};

#else

class FloatMode {
 public:
  static FloatMode current() { return FloatMode(std::fegetround()); }
  void use() const { std::fesetround(mode_); }

 private:
  explicit FloatMode(int mode) : mode_(mode) {}
  int mode_;
};

#endif

}  // namespace mmlcore
