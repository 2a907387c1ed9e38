// oneDNN behind one door: the only files that know its headers, its versions and OpenMP.
//
// Every primitive is made and executed with one OpenMP thread, so its results depend on shapes only and no team of
// threads ever starts; scratchpads belong to the caller.
#pragma once

#include "graph/kernel.h"
#include "ops/kernels/gemm/gemm_shape.h"

namespace weft {

// C = op(A) op(B) in f32 for input 0, input 1 and output 0. Neither m, n, k nor batch may be 0.
// Throws std::exception when oneDNN refuses.
Kernel onednn_matmul(const GemmShape& product);

}  // namespace weft
