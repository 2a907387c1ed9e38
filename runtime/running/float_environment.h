// The floating-point environment of a run.
#pragma once

#include <cstdint>

namespace weft {

// Rounds to nearest and traps nothing while it lives, whatever the host has set; then restores what the host had.
// Results do not depend on the host's environment, and infinities in a kernel do not trap in it. Denormal numbers are
// kept, or count as zero where the run flushes them.
class FloatEnvironment {
 public:
#ifdef __SSE2__
  explicit FloatEnvironment(bool flush_denormals) : before_(__builtin_ia32_stmxcsr()) {
    const unsigned own = kAllMasked | (flush_denormals ? kFlushToZero | kDenormalsAreZero : 0);
    if (before_ != own) __builtin_ia32_ldmxcsr(own);
  }
  // Restores the flags that kernels raised, too.
  ~FloatEnvironment() { __builtin_ia32_ldmxcsr(before_); }

 private:
  static constexpr unsigned kAllMasked = 0x1F80, kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;
  unsigned before_;
#elif defined(__aarch64__)
  explicit FloatEnvironment(bool flush_denormals) {
    asm volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(control_), "=r"(status_));
    const std::uint64_t own = flush_denormals ? kFlushToZero : 0;
    if (control_ != own) asm volatile("msr fpcr, %0" ::"r"(own));
  }
  ~FloatEnvironment() { asm volatile("msr fpcr, %0\n\tmsr fpsr, %1" ::"r"(control_), "r"(status_)); }

 private:
  static constexpr std::uint64_t kFlushToZero = 1 << 24;
  std::uint64_t control_, status_;  // the second has the flags
#else
#error "rounding and traps of this processor are not known"
#endif

 public:
  FloatEnvironment(const FloatEnvironment&) = delete;
  FloatEnvironment& operator=(const FloatEnvironment&) = delete;
};

}  // namespace weft
