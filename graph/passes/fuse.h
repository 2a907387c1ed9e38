// Elementwise calls become programs of one kernel, together with the sums of what they compute and with the product
// that they start from.
//
//   fused(x...) {program, shape}                          -> the program's outputs
//   fused_matmul(a, b, x...) {program, shape, transpose_a, transpose_b}   register 0 is the product
//
// A value that only members of a cluster read is computed and forgotten element by element. Rounds as the calls did.
#pragma once

#include "graph/graph.h"

namespace weft {

// For graphs that are differentiated and optimised already: the ops it makes have no gradients.
Graph fuse(const Graph& graph);

}  // namespace weft
