// What a step of a plan does, in numbers: its share of what its kernel tells.
#pragma once

#include "runtime/planning/plan.h"

namespace weft {

// What it reads and writes; where its kernel does not tell, operands and results once each.
double bytes_moved(const Plan& plan, const Step& step);
// Its arithmetic; 0 where that is not known.
double flops_of(const Plan& plan, const Step& step);

}  // namespace weft
