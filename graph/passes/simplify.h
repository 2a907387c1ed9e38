#pragma once

#include "graph/passes/rewriter.h"

namespace weft {

// Calls whose result is known to be an operand, or cheaper calls with the same result, bit for bit: what an op knows of
// itself (OpDef::simplify), and aliases that change nothing. Two exceptions: a sum over one element gives that element,
// where the kernel would make 0.0 of -0.0; and x^2 is x * x, from which the f64 kernel may differ in the last bit.
Graph simplify(const Graph& graph);
// The rule of the pass.
std::optional<ValueId> simplify_call(Rewriter& r, const Call& call);

}  // namespace weft
