// Kernels of matrix products.
#pragma once

#include "graph/op.h"
#include "ops/kernels/gemm/gemm_shape.h"

namespace weft {

// Whether their kernels add up each element in one order.
bool same_order(DType dtype, const GemmShape& a, const GemmShape& b);

// The kernel of this product of input 0 and input 1, for f32, f64 or i64.
Kernel product_kernel(const OpCall& call, const GemmShape& product);

}  // namespace weft
