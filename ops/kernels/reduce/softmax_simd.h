// Softmax along the middle of [outer, count, inner], vectorised for the instruction set found at run time. A NaN makes
// its whole line NaN.
#pragma once

#include "ops/kernels/reduce/reduce_pass.h"

namespace weft {

void softmax_f32(const void* x, void* out, const ReducePass& pass);
void softmax_f64(const void* x, void* out, const ReducePass& pass);
void log_softmax_f32(const void* x, void* out, const ReducePass& pass);
void log_softmax_f64(const void* x, void* out, const ReducePass& pass);

}  // namespace weft
