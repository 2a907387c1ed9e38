// How people are told of a step.
#pragma once

#include <string>

#include "runtime/planning/plan.h"

namespace weft {

// "fused_matmul %12 part 3/8", "copy", "gate"
std::string name_of(const Plan& plan, const Step& step);
// A result of the step's node: "fused_matmul %12: f32[128,512] (model.cc:34)".
std::string describe_result(const Plan& plan, const Step& step, std::uint32_t output);

}  // namespace weft
