// The passes of sum, vectorised for the instruction set found at run time. The order of
// additions follows from the shape and the width of a vector alone. i64 wraps around.
#pragma once

#include "ops/reduce.h"

namespace weft {

void sum_pass_f32(const void* x, void* out, const ReducePass& pass);
void sum_pass_f64(const void* x, void* out, const ReducePass& pass);
void sum_pass_i64(const void* x, void* out, const ReducePass& pass);

}  // namespace weft
