// Operations as users make them, by the public header alone.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "weft/op.h"

namespace weft {

// x * sigmoid(beta x), elementwise, of f32 or f64; its kernel runs in parts where there is much to do.
const op::Operation& swish_op();
Tensor swish(const Operand& x, double beta);

// The sum and the sum of squares of each row of f32 or f64 [rows, cols]: two results.
const op::Operation& moments_op();

// The name of an operation in the name of a test, which has no dots.
inline std::string without_dots(std::string_view op) {
  std::string name(op);
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

}  // namespace weft
