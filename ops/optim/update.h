// What the optimizer ops have in common.
#pragma once

#include "graph/op.h"

namespace weft {

// Requires operands param, grad and `states` tensors to be of one floating type.
inline void require_update(const OpCall& call, std::size_t states) {
  call.require(ErrorKind::dtype, is_floating(call.in(0).dtype), "the parameter is not floating");
  for (std::size_t i = 1; i < 2 + states; ++i)
    call.require(kind_of_difference(call.in(i), call.in(0)), call.in(i) == call.in(0),
                 "gradient and state must have the parameter's shape and dtype");
}

inline void require_scalar(const OpCall& call, std::size_t i, DType dtype, std::string_view rule) {
  call.require(call.in(i).dtype == dtype && call.in(i).shape.rank() == 0, rule);
}

}  // namespace weft
