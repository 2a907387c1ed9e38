// oneDNN behind one door: the only files that know its headers, its versions and OpenMP.
//
// Every primitive is made and executed with one OpenMP thread, so its results depend on shapes only and no team of
// threads ever starts; scratchpads belong to the caller.
#pragma once

#include "graph/op.h"
#include "ops/product/product.h"

namespace weft {

// C = op(A) op(B) in f32 for input 0, input 1 and output 0. Neither m, n, k nor batch may be 0.
// Throws Error in the voice of the call when oneDNN refuses.
Kernel onednn_matmul(const OpCall& call, const Product& product);

}  // namespace weft
