#pragma once

#include "graph/passes/rewriter.h"

namespace weft {

// An elementwise call of operands that are permuted alike is made before the permute: it moves towards what permutes
// back, where both vanish, as between two convolutions.
Graph move_permutes(const Graph& graph);
// The rule of the pass.
std::optional<ValueId> move_permute(Rewriter& r, const Call& call);

}  // namespace weft
