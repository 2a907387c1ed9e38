// swish(x, beta) = x / (1 + exp(-beta x)), of f32 or f64.
#pragma once

#include "weft/tensor.h"

namespace example {

// Throws weft::Error for other dtypes, in the line of the call.
weft::Tensor swish(const weft::Operand& x, double beta = 1);

}  // namespace example
