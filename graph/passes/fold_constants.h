#pragma once

#include "graph/passes/rewriter.h"

namespace weft {

// Values all of whose elements are one number known now become `full`: elementwise calls on `full` operands, computed
// by their own kernels on one element, and `full` under another shape.
Graph fold_constants(const Graph& graph);
// The rule of the pass.
std::optional<ValueId> fold_constant(Rewriter& r, const Call& call);

}  // namespace weft
