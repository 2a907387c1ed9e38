// Elementwise f32 kernels on Highway, for the instruction set found at run time.
//
// The bits of an element depend on its operands alone: not on its place, the length, or what is beside it, so work may
// be cut anywhere. Each block of elements is loaded before it is stored, so the result may be one of the operands
// that move.
#pragma once

#include <cstdint>

#include "ops/kernels/elementwise/broadcast_loops.h"

namespace weft {

enum class UnaryFn : std::uint8_t {
  neg,
  abs,
  sign,
  square,
  cube,
  reciprocal,
  sqrt,
  root,  // x^(1/2): as sqrt, but root(-0) = 0 and root(-inf) = inf
  relu,
  exp,
  log,
  sin,
  cos,
  tanh,
  sigmoid,
  erf,
  gelu
};
enum class BinaryFn : std::uint8_t { add, sub, mul, div, maximum, minimum, relu_grad };
enum class CompareFn : std::uint8_t { eq, ne, lt, le, gt, ge };

using UnaryRun = void (*)(const float* x, float* out, std::int64_t n);
using BinaryRun = void (*)(const float* a, const float* b, float* out, const BroadcastLoops& loops);
using CompareRun = void (*)(const float* a, const float* b, bool* out, const BroadcastLoops& loops);
using WhereRun = void (*)(const bool* condition, const float* a, const float* b, float* out,
                          const BroadcastLoops& loops);
using ClampRun = void (*)(const float* x, float* out, std::int64_t n, float min, float max);

UnaryRun simd_unary(UnaryFn fn);
BinaryRun simd_binary(BinaryFn fn);
CompareRun simd_compare(CompareFn fn);
WhereRun simd_where();
ClampRun simd_clamp();

}  // namespace weft
