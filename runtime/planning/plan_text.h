// Plans as text, for people and tests.
#pragma once

#include <string>

#include "runtime/planning/plan.h"

namespace weft {

// "fused_matmul %12 part 3/8", "copy", "gate"
std::string name_of(const Plan& plan, const Step& step);
// A result of the step's node: "fused_matmul %12: f32[128,512] (model.cc:34)".
std::string describe_result(const Plan& plan, const Step& step, std::uint32_t output);

// One line for each step: operands and outputs with their places, then the totals.
std::string describe(const Plan& plan);

// What was decided, without times: each step with its places and the steps that it waits for.
//
//   0: exp %1(argument 0) -> arena+0
//   1: neg %2(arena+0) -> result 0, after 0
//   arena 64
std::string print_plan(const Plan& plan);

}  // namespace weft
