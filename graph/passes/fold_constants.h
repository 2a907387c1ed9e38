#pragma once

#include "graph/passes/rewriter.h"

namespace weft {

// Values all of whose elements are one number known now become `full`: elementwise calls on `full` operands, computed
// by their own kernels on one element, and `full` under another shape.
Graph fold_constants(const Graph& graph);
std::span<const RewriteRule> fold_constants_rules();

}  // namespace weft
