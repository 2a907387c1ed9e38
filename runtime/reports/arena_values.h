// The values that live in the arena of a plan: where, and how long.
#pragma once

#include <span>
#include <vector>

#include "runtime/planning/plan.h"

namespace weft {

struct ArenaValue {
  StepId begin, end;     // written by, last read by, in serial order
  std::uint32_t output;  // of the step `begin`
  std::size_t offset, bytes;
};

// In the order in which they are written.
std::vector<ArenaValue> arena_values(const Plan& plan);

// The step at which most bytes are held by values that are still needed.
StepId peak_step(const Plan& plan, std::span<const ArenaValue> values);

}  // namespace weft
