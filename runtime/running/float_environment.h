// The floating-point environment of a run.
#pragma once

namespace weft {

// Rounds to nearest, traps nothing and keeps denormal numbers while it lives, whatever the host has set; then restores
// what the host had. Results do not depend on the host's environment, and infinities in a kernel do not trap in it.
class FloatEnvironment {
 public:
  FloatEnvironment() : before_(__builtin_ia32_stmxcsr()) {
    if (before_ != kDefault) __builtin_ia32_ldmxcsr(kDefault);
  }
  ~FloatEnvironment() { __builtin_ia32_ldmxcsr(before_); }
  FloatEnvironment(const FloatEnvironment&) = delete;
  FloatEnvironment& operator=(const FloatEnvironment&) = delete;

 private:
  static constexpr unsigned kDefault = 0x1F80;  // all exceptions masked
  unsigned before_;
};

}  // namespace weft
