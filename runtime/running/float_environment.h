// The floating-point environment of a run.
#pragma once

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
#else
  explicit FloatEnvironment(bool) {}
#endif

 public:
  FloatEnvironment(const FloatEnvironment&) = delete;
  FloatEnvironment& operator=(const FloatEnvironment&) = delete;
};

}  // namespace weft
