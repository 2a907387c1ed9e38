#pragma once

#include "graph/graph.h"

namespace weft {

// Calls of one op with equal operands and attributes become one, the first. All ops are functions of their operands and
// attributes: random numbers are of a state that is an operand, and a check that throws does so once for all.
Graph eliminate_common_subexpressions(const Graph& graph);

}  // namespace weft
