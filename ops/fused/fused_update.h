// Programs that are a step of gradient descent with momentum.
#pragma once

#include <optional>

#include "graph/element_program.h"

namespace weft {

// Where a program has the parts of such a step, whose gradient is register 0.
struct FusedUpdate {
  Register param = 0, buffer = 0, rate = 0;  // inputs
  float momentum = 0;
  std::size_t param_result = 0, buffer_result = 0;  // outputs
};

// The step that the program is: sgd_step with momentum alone, and nothing else.
std::optional<FusedUpdate> find_update(const ElementProgram& program);

}  // namespace weft
