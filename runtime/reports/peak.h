// The values that are in memory when most bytes of the arena are in use.
#pragma once

#include <vector>

#include "runtime/planning/plan.h"
#include "weft/function.h"

namespace weft {

// In serial order, at the step where the sum of bytes of values that are still needed is highest; the largest first.
// What of the arena lies between and beyond them is the price of parallel runs and of gaps.
std::vector<MemoryReport::Holder> holders_at_peak(const Plan& plan);

}  // namespace weft
