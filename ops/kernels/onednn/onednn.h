// oneDNN behind one door: kernels that it computes.
#pragma once

#include <set>
#include <string>

#include "graph/kernel.h"
#include "ops/kernels/conv/conv_shape.h"
#include "ops/kernels/gemm/gemm_shape.h"

namespace weft {

// C = op(A) op(B) in f32 for input 0, input 1 and output 0. Neither m, n, k nor batch may be 0.
// Throws std::exception when oneDNN refuses.
Kernel onednn_matmul(const GemmShape& product);

// A product of a convolution in f32, in parts of `step` images, for input 0, input 1 and output 0 in the order of
// ConvProduct. There must be images, channels and elements of them. For the gradient of weights every part has a result
// of its own, one after the other.
// Throws std::exception when oneDNN refuses.
Kernel onednn_convolution(ConvProduct product, const ConvShape& shape, std::int64_t step);

// What oneDNN calls the implementations of all primitives that this process has made, "jit:avx2" for one: none of them
// should be a "ref:" one, which is slow.
std::set<std::string> onednn_implementations();

}  // namespace weft
