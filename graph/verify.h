// The rules that every graph obeys, checked.
#pragma once

#include "graph/graph.h"

namespace weft {

// Throws Error that names the first node and the first rule broken:
//   V1 operands are results of earlier nodes
//   V2 every op is registered
//   V3 the number of operands is one that the op takes
//   V4 the recorded types are those that the op's shape rule infers
//   V5 the result of an alias op has as many bytes as its first operand
//   V6 graph.inputs() lists the input nodes, each once
//   V7 outputs are results of nodes
// Linear in the graph. Tests call it after every pass, debug builds after every optimisation.
void verify(const Graph& graph);

}  // namespace weft
