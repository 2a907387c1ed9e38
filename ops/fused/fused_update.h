// Programs that are a step of gradient descent with momentum.
#pragma once

#include <optional>

#include "graph/element_program.h"

namespace weft {

// buffer' = momentum * buffer + gradient, param' = param - rate * buffer', where register 0 is the gradient.
struct UpdateProgram {
  Register param = 0, buffer = 0, rate = 0;  // inputs
  float momentum = 0;
  std::size_t param_result = 0, buffer_result = 0;  // outputs
};

// What the program is, if it computes that and nothing else.
std::optional<UpdateProgram> find_update(const ElementProgram& program);

}  // namespace weft
