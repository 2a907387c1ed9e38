#pragma once

#include "graph/passes/rewriter.h"

namespace weft {

// A permute that swaps the last two dims of an operand of a product becomes the transpose flag of that operand: the
// kernel reads the other order and nothing is copied. That kernel may add the products up in another order.
Graph fold_transposes(const Graph& graph);
// The rule of the pass.
std::optional<ValueId> fold_transpose(Rewriter& r, const Call& call);

}  // namespace weft
