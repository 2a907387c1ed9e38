// Elementwise f32 kernels on Highway, for the instruction set found at run time.
//
// The bits of an element depend on its operands alone: not on its place, the length, or what is beside it, so work may
// be cut anywhere. Each block of elements is loaded before it is stored, so the result may be one of the operands
// that move.
#pragma once

#include <cstdint>

#include "graph/element_function.h"
#include "ops/kernels/elementwise/broadcast_loops.h"

namespace weft {

using UnaryRun = void (*)(const float* x, float* out, std::int64_t n);
using BinaryRun = void (*)(const float* a, const float* b, float* out, const BroadcastLoops& loops);
using CompareRun = void (*)(const float* a, const float* b, bool* out, const BroadcastLoops& loops);
using WhereRun = void (*)(const bool* condition, const float* a, const float* b, float* out,
                          const BroadcastLoops& loops);
using ClampRun = void (*)(const float* x, float* out, std::int64_t n, float min, float max);

// Null where the function has another form.
UnaryRun simd_unary(ElementFn fn);
BinaryRun simd_binary(ElementFn fn);
CompareRun simd_compare(ElementFn fn);
WhereRun simd_where();
ClampRun simd_clamp();

}  // namespace weft
