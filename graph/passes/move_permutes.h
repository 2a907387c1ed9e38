#pragma once

#include "graph/passes/rewriter.h"

namespace weft {

// A call of operands that are permuted alike is made before the permute: it moves towards what permutes back, where
// both vanish, as between two convolutions. Of elementwise calls, where operands may broadcast, and of calls that
// follow dims (OpDef::follows_dims). Sums stay where they are: they add in the order of the elements in memory.
Graph move_permutes(const Graph& graph);
// The rule of the pass.
std::optional<ValueId> move_permute(Rewriter& r, const Call& call);

}  // namespace weft
