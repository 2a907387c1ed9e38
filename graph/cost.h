// The cost model: how long work takes on one core. The rates are rough; they decide what is worth cutting into parts,
// fusing and running in parallel, where a factor of two does no harm.
#pragma once

#include <algorithm>
#include <cstdint>

namespace weft {

inline constexpr double kFlopsPerSecond = 100e9;  // products in f32; elementwise arithmetic on what is in the cache
inline constexpr double kBytesPerSecond = 12e9;   // read or written once, from the last cache or memory
inline constexpr double kCallSeconds = 50e-9;     // a kernel call

// Long compared with the cost of a task, short compared with a training step.
inline constexpr double kPartSeconds = 50e-6;

constexpr double seconds(double flops, double bytes) {
  return std::max(flops / kFlopsPerSecond, bytes / kBytesPerSecond);
}

// How many parts of about kPartSeconds such work makes, at most `most`; 1 where cutting would leave less than two
// thirds of that.
constexpr std::int64_t num_parts(double flops, double bytes, std::int64_t most) {
  const auto parts = static_cast<std::int64_t>(seconds(flops, bytes) / kPartSeconds + 0.5);
  return std::clamp<std::int64_t>(parts, 1, std::max<std::int64_t>(most, 1));
}

}  // namespace weft
